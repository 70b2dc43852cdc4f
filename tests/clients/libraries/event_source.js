// EventSource as browsers have it: it asks by GET, and comes back by itself unless it is closed.
import { EventSource } from 'eventsource';

export async function* eventSource(url, { query, variables }) {
  const address = new URL(url);
  address.searchParams.set('query', query);
  address.searchParams.set('variables', JSON.stringify(variables));
  const source = new EventSource(address);
  const waiting = [];
  let wake = () => {};
  for (const name of ['next', 'complete', 'error']) {
    source.addEventListener(name, (event) => {
      waiting.push(event);
      wake();
    });
  }
  try {
    for (;;) {
      while (!waiting.length) await new Promise((resolve) => (wake = resolve));
      const event = waiting.shift();
      if (event.type === 'complete') return;
      if (event.type === 'next') yield JSON.parse(event.data);
      if (event.type === 'error' && source.readyState === EventSource.CLOSED) throw event;
    }
  } finally {
    source.close();
  }
}
