// Watches one job with graphql-ws, as a front end does: node watch_job.js <ws url> <job id>
// One JSON line for each event, then "complete" or the error that ended it.
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

const [, , url, job] = process.argv;
const client = createClient({ url, webSocketImpl: WebSocket, retryAttempts: 0, lazy: true });
const query = `subscription Watch($job: ID!) {
  jobProgress(jobId: $job) { sequence status percent inserted }
}`;

const say = (value) => console.log(JSON.stringify(value));
try {
  for await (const event of client.iterate({ query, variables: { job } })) say(event);
  say('complete');
} catch (error) {
  say({ error });
} finally {
  await client.dispose();
}
