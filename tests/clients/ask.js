// Sends one query over the socket with graphql-ws: node ask.js <ws url> <query>
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

const [, , url, query] = process.argv;
const client = createClient({ url, webSocketImpl: WebSocket, retryAttempts: 0 });
const answers = [];
for await (const answer of client.iterate({ query })) answers.push(answer);
console.log(JSON.stringify(answers));
await client.dispose();
