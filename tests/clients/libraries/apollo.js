// Apollo Client: its own links for HTTP and sockets, and the one that graphql-sse's pages show.
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, gql } from '@apollo/client';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { print } from 'graphql';
import { Observable } from 'rxjs';
import { connect as connectStream } from './graphql_sse.js';
import { connect as connectSocket } from './graphql_ws.js';
import { headers } from './key.js';

class StreamLink extends ApolloLink {
  constructor(client) {
    super();
    this.client = client;
  }

  request({ query, ...operation }) {
    return new Observable((sink) => this.client.subscribe({ ...operation, query: print(query) }, sink));
  }
}

// An observable as an iterable: what has come waits until it is asked for.
async function* iterate(observable) {
  const waiting = [];
  let wake = () => {};
  const put = (step) => {
    waiting.push(step);
    wake();
  };
  const subscription = observable.subscribe({
    next: (value) => put({ value }),
    error: (error) => put({ error }),
    complete: () => put({ done: true }),
  });
  try {
    for (;;) {
      while (!waiting.length) await new Promise((resolve) => (wake = resolve));
      const { value, error, done } = waiting.shift();
      if (error) throw error;
      if (done) return;
      yield value;
    }
  } finally {
    subscription.unsubscribe();
  }
}

async function* results(link, { query, variables }) {
  const client = new ApolloClient({ link, cache: new InMemoryCache() });
  const asked = { query: gql(query), variables };
  try {
    if (!query.startsWith('subscription')) return yield { data: (await client.query(asked)).data };
    for await (const { data, error } of iterate(client.subscribe(asked))) {
      if (error) throw error.errors ?? error;
      yield { data };
    }
  } finally {
    client.stop();
  }
}

export const apolloHttp = (url, request) => results(new HttpLink({ uri: url, headers }), request);

export const apolloSse = (url, request) => results(new StreamLink(connectStream(url)), request);

export async function* apolloWs(url, request) {
  const socket = connectSocket(url);
  try {
    yield* results(new GraphQLWsLink(socket), request);
  } finally {
    await socket.dispose();
  }
}
