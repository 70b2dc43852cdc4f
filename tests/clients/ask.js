// Sends one operation with one of the libraries, as a front end does:
//   node ask.js <library> <url> <query> [variables]
// One JSON line for each response, then "complete", or the error that ended it, and the media types
// that came over HTTP. The key in API_KEY is shown, if there is one.
import { apolloHttp, apolloSse, apolloWs } from './libraries/apollo.js';
import { eventSource } from './libraries/event_source.js';
import { graphqlSse } from './libraries/graphql_sse.js';
import { graphqlWs } from './libraries/graphql_ws.js';
import { urqlFetch, urqlSse, urqlWs } from './libraries/urql.js';

const LIBRARIES = {
  apolloHttp, apolloSse, apolloWs, eventSource, graphqlSse, graphqlWs, urqlFetch, urqlSse, urqlWs,
};

const [, , library, url, query, variables = '{}'] = process.argv;
const say = (value) => console.log(JSON.stringify(value));

const types = new Set();
const { fetch } = globalThis;
globalThis.fetch = async (...request) => {
  const response = await fetch(...request);
  types.add(response.headers.get('content-type'));
  return response;
};

try {
  const request = { query, variables: JSON.parse(variables) };
  for await (const response of LIBRARIES[library](url, request)) say(response);
  say('complete');
} catch (error) {
  say({ error: error instanceof Error ? error.message : error });
}
say({ types: [...types] });
