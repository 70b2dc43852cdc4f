// urql, whose fetchExchange reads streams itself, and which hands subscriptions to other clients too.
import { Client, fetchExchange, subscriptionExchange } from '@urql/core';
import { toAsyncIterable } from 'wonka';
import { connect as connectStream } from './graphql_sse.js';
import { connect as connectSocket } from './graphql_ws.js';
import { headers } from './key.js';

const forwarded = (client) =>
  subscriptionExchange({
    forwardSubscription: (request) => ({
      subscribe: (sink) => ({ unsubscribe: client.subscribe(request, sink) }),
    }),
  });

async function* results(client, { query, variables }) {
  const source = query.startsWith('subscription')
    ? client.subscription(query, variables)
    : client.query(query, variables);
  for await (const { data, error, hasNext } of toAsyncIterable(source)) {
    if (error) throw error.networkError ?? error.graphQLErrors;
    if (!query.startsWith('subscription')) return yield { data };
    // The last result comes once more when the stream has ended.
    if (hasNext) yield { data };
  }
}

export const urqlFetch = (url, request) =>
  results(
    new Client({
      url,
      exchanges: [fetchExchange],
      fetchSubscriptions: true,
      fetchOptions: { headers },
    }),
    request,
  );

export const urqlSse = (url, request) =>
  results(new Client({ url, exchanges: [forwarded(connectStream(url))] }), request);

export async function* urqlWs(url, request) {
  const socket = connectSocket(url);
  try {
    yield* results(new Client({ url, exchanges: [forwarded(socket)] }), request);
  } finally {
    await socket.dispose();
  }
}
