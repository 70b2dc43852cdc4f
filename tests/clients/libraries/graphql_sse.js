// graphql-sse in its distinct connections mode, which urql and Apollo Client can use too.
import { createClient } from 'graphql-sse';

// Comes back quickly when the connection breaks, until it is told something again or the tries are
// used up; how often, the tests say.
export const connect = (url) =>
  createClient({
    url,
    retryAttempts: Number(process.env.RETRIES ?? 0),
    retry: () => new Promise((resolve) => setTimeout(resolve, 100)),
  });

export async function* graphqlSse(url, request) {
  yield* connect(url).iterate(request);
}
