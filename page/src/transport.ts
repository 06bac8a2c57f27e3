// The two ways to the server: the page's WebSocket, and a notebook widget's channel.

export interface Transport {
  send(text: string): void;
  onText(listener: (text: string) => void): void;
  onBinary(listener: (buffer: ArrayBuffer) => void): void;
  onClose(listener: (closed: { code: number; reason: string }) => void): void;
  close(): void;
  /** Connect again after a loss, where that is possible. */
  reopen?: () => void;
  /** Post a file, where there is a route for files. */
  upload?: (file: File) => Promise<string>;
}

const nothing = (): void => undefined;

/** A WebSocket and the upload route of the server that the page came from. */
export function socketTransport(origin: string, token: string): Transport {
  let text: (message: string) => void = nothing;
  let binary: (buffer: ArrayBuffer) => void = nothing;
  let closed: (end: { code: number; reason: string }) => void = nothing;
  let waiting: string[] = [];
  let socket = open();

  function open(): WebSocket {
    const next = new WebSocket(`${origin.replace(/^http/, "ws")}/ws`);
    next.binaryType = "arraybuffer";
    next.onopen = () => {
      for (const message of waiting) next.send(message);
      waiting = [];
    };
    next.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) =>
      typeof data === "string" ? text(data) : binary(data);
    next.onclose = ({ code, reason }) => {
      if (next === socket) closed({ code, reason });
    };
    return next;
  }

  return {
    send(message) {
      if (socket.readyState === WebSocket.CONNECTING) waiting.push(message);
      else if (socket.readyState === WebSocket.OPEN) socket.send(message);
    },
    onText: (listener) => void (text = listener),
    onBinary: (listener) => void (binary = listener),
    onClose: (listener) => void (closed = listener),
    close: () => socket.close(),
    reopen() {
      waiting = [];
      socket = open();
    },
    async upload(file) {
      const answer = await fetch(`${origin}/upload?name=${encodeURIComponent(file.name)}`, {
        method: "POST",
        headers: { "X-Lab-Token": token },
        body: file,
      });
      return answer.text();
    },
  };
}

/** What a widget's front end gives: messages with JSON content and binary buffers. */
export interface WidgetModel {
  send(content: unknown): void;
  on(event: "msg:custom", listener: (content: unknown, buffers: DataView[]) => void): void;
  off(event: "msg:custom", listener: (content: unknown, buffers: DataView[]) => void): void;
}

/** The channel of a notebook. All places that show a widget share it: each has a name, which every message bears. */
export function widgetTransport(model: WidgetModel): Transport {
  const view = Array.from(crypto.getRandomValues(new Uint32Array(4)), (word) => word.toString(36)).join("-");
  let text: (message: string) => void = nothing;
  let binary: (buffer: ArrayBuffer) => void = nothing;
  let closed: (end: { code: number; reason: string }) => void = nothing;
  const listener = (content: unknown, buffers: DataView[]): void => {
    const said = (content ?? {}) as { view?: unknown; text?: unknown; ended?: unknown };
    if (said.ended === true) closed({ code: 1000, reason: "the lab has ended" });
    if (said.view !== view) return;
    if (typeof said.text === "string") text(said.text);
    for (const { buffer, byteOffset, byteLength } of buffers) {
      // A view of a larger buffer may begin anywhere: the copy begins at a multiple of eight.
      binary(buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer);
    }
  };
  model.on("msg:custom", listener);
  return {
    send: (message) => model.send({ view, text: message }),
    onText: (next) => void (text = next),
    onBinary: (next) => void (binary = next),
    onClose: (next) => void (closed = next),
    close() {
      model.off("msg:custom", listener);
      model.send({ view, gone: true });
    },
  };
}
