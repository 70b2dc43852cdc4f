// graphql-sse in its distinct connections mode, which urql and Apollo Client can use too.
import { createClient } from 'graphql-sse';
import { headers } from './key.js';

// Comes back quickly, and for half a minute, when the connection breaks.
export const connect = (url) =>
  createClient({
    url,
    headers,
    retryAttempts: 300,
    retry: () => new Promise((resolve) => setTimeout(resolve, 100)),
  });

export async function* graphqlSse(url, request) {
  yield* connect(url).iterate(request);
}
