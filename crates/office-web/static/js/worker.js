// The worker that all pages of a browser share: it holds one event stream for each office.

import { greeting, listen } from "./stream.js";

/** By address: the stream, the session that it began with, the pages that follow, and the last news. */
const streams = new Map();

function begin(address, session, pages) {
  const stream = { session, pages, last: null, isOpen: false };
  stream.source = listen(address, (told) => {
    if (told.opened) stream.isOpen = true;
    if (told.news) stream.last = told.news;
    if (told.ended && streams.get(address) === stream) streams.delete(address);
    for (const page of stream.pages) page.postMessage(told);
  });
  streams.set(address, stream);
  return stream;
}

function join(page, address, session) {
  const stream = streams.get(address);
  if (stream?.session === session) {
    stream.pages.add(page);
    if (stream.isOpen) page.postMessage(greeting(stream.last));
    return;
  }
  // Somebody has logged in anew: the old stream would end soon, and say so to nobody who needs it.
  stream?.source.close();
  begin(address, session, stream?.pages ?? new Set()).pages.add(page);
}

function leave(page) {
  for (const [address, stream] of streams) {
    stream.pages.delete(page);
    if (stream.pages.size > 0) continue;
    stream.source.close();
    streams.delete(address);
  }
}

self.onconnect = ({ ports: [page] }) => {
  page.onmessage = ({ data }) => (data.leaves ? leave(page) : join(page, data.address, data.session));
};
