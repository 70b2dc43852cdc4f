// graphql-sse in its distinct connections mode, which urql and Apollo Client can use too.
import { createClient } from 'graphql-sse';
import { headers } from './key.js';

// Comes back quickly, and for half a minute, when the connection breaks, unless it is told not to.
export const connect = (url) =>
  createClient({
    url,
    headers,
    retryAttempts: Number(process.env.RETRIES ?? 300),
    retry: () => new Promise((resolve) => setTimeout(resolve, 100)),
  });

export async function* graphqlSse(url, request) {
  yield* connect(url).iterate(request);
}
