/** Tiles that are asked for again where a connection was cut, before anybody is told. */

/** How long to wait before each further try, in ms. */
const WAITS_MS = [300, 1500, 4000];

/**
 * What reads tiles, made patient. An archive whose head or directory could not be read would hold
 * that failure for as long as the page is open; so it is opened anew.
 * @param {{tile: (params: any, abort: AbortController) => Promise<any>, tiles: Map<string, any>}} protocol of the
 *   library pmtiles
 * @param {number[]} [waitsMs]
 * @returns {(params: {url: string}, abort: AbortController) => Promise<any>}
 */
export function patient(protocol, waitsMs = WAITS_MS) {
  return async (params, abort) => {
    for (let tries = 0; ; tries++) {
      try {
        return await protocol.tile(params, abort);
      } catch (error) {
        abort.signal.throwIfAborted();
        if (!isPassing(error) || tries >= waitsMs.length) throw error;
        for (const key of protocol.tiles.keys()) {
          if (params.url.startsWith(`pmtiles://${key}`)) protocol.tiles.delete(key);
        }
        await new Promise((done) => setTimeout(done, waitsMs[tries]));
        abort.signal.throwIfAborted();
      }
    }
  };
}

/** Whether a failure may be over soon: the connection, or a server that starts anew. @param {unknown} error */
function isPassing(error) {
  return error instanceof TypeError || (error instanceof Error && /^Bad response code: 5\d\d/.test(error.message));
}
