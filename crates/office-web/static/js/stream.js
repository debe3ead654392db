// One event stream for all pages of a browser: browsers allow six connections to an address, and a seventh page would
// wait for ever.

/** Listens to the events at an address. `hear` gets `{ opened }`, `{ news }` and `{ ended }`. */
export function listen(address, hear) {
  const source = new EventSource(address);
  source.onopen = () => hear({ opened: true });
  source.onmessage = (event) => hear({ news: JSON.parse(event.data) });
  source.onerror = () => {
    if (source.readyState === EventSource.CLOSED) hear({ ended: true });
  };
  return source;
}

/** What a page is told that comes to a stream which runs already. */
export function greeting(news) {
  return { opened: true, news: news && { ...news, topics: [] } };
}

/** Follows the events at an address, together with other pages. Gives what ends it for this page. */
export function follow(address, session, hear) {
  if (window.SharedWorker) return byWorker(address, session, hear);
  if (navigator.locks && window.BroadcastChannel) return byLeader(`${address} ${session}`, address, hear);
  const source = listen(address, hear);
  return () => source.close();
}

function byWorker(address, session, hear) {
  const worker = new SharedWorker(new URL("./worker.js", import.meta.url), { type: "module", name: "tasuki" });
  let own = null;
  // A browser that cannot run it gives the page a stream of its own.
  worker.onerror = () => { own ??= listen(address, hear); };
  worker.port.onmessage = (event) => hear(event.data);
  worker.port.postMessage({ address, session });
  return () => {
    own?.close();
    worker.port.postMessage({ leaves: true });
  };
}

/** Without workers one page listens for all; when it is left, the next one does. */
function byLeader(name, address, hear) {
  const channel = new BroadcastChannel(name);
  let source = null;
  let last = null;
  let release = () => {};
  const tellAll = (told) => {
    if (told.news) last = told.news;
    hear(told);
    channel.postMessage(told);
  };
  const isLeft = new Promise((resolve) => { release = resolve; });
  const ending = new AbortController();
  const lead = () => {
    source = listen(address, tellAll);
    return isLeft;
  };
  navigator.locks.request(name, { signal: ending.signal }, lead).catch(() => {});
  channel.onmessage = ({ data }) => {
    if (!data.comes) hear(data);
    else if (source && last) channel.postMessage(greeting(last));
  };
  channel.postMessage({ comes: true });
  return () => {
    source?.close();
    channel.close();
    ending.abort();
    release();
  };
}
