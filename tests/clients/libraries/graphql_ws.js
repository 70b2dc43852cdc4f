// graphql-ws, which urql and Apollo Client use for sockets too.
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { headers } from './key.js';

// Browsers have one, and Apollo Client looks for it there.
globalThis.WebSocket ??= WebSocket;

export const connect = (url) =>
  createClient({ url, webSocketImpl: WebSocket, retryAttempts: 0, connectionParams: headers });

export async function* graphqlWs(url, request) {
  const client = connect(url);
  try {
    yield* client.iterate(request);
  } finally {
    await client.dispose();
  }
}
