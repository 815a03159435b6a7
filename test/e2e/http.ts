/** A caller of the HTTP API that knows nothing of the program behind it. */

export interface Answer {
  status: number;
  headers: Headers;
  // Answers are looked into freely; what they must hold is what the tests claim.
  // oxlint-disable-next-line typescript/no-explicit-any
  body: any;
}

export interface Send {
  body?: unknown;
  /** @default 'application/json' */
  contentType?: string;
  key?: string;
  timeoutMs?: number;
}

export type Http = ReturnType<typeof httpTo>;

/** Requests to one host, with what lets them in. Rejects only when no answer came. */
export function httpTo(url: string, pass: () => Record<string, string> = () => ({})) {
  async function send(method: string, path: string, options: Send = {}): Promise<Answer> {
    const { body, contentType = 'application/json', key, timeoutMs = 30_000 } = options;
    const response = await fetch(url + path, {
      method,
      headers: {
        ...pass(),
        ...(body === undefined ? {} : { 'Content-Type': contentType }),
        ...(key === undefined ? {} : { 'Idempotency-Key': key }),
      },
      body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
      signal: AbortSignal.timeout(timeoutMs),
    });
    const text = await response.text();
    const isJson = (response.headers.get('content-type') ?? '').includes('json');
    return {
      status: response.status,
      headers: response.headers,
      body: isJson && text !== '' ? (JSON.parse(text) as unknown) : text,
    };
  }

  return {
    url,
    get: (path: string) => send('GET', path),
    post: (path: string, body: unknown = {}, options: Omit<Send, 'body'> = {}) =>
      send('POST', path, { ...options, body }),
    send,
    /** Every item of a list, page by page. */
    async list(path: string): Promise<Answer['body'][]> {
      const items: Answer['body'][] = [];
      const join = path.includes('?') ? '&' : '?';
      let cursor: string | undefined;
      do {
        const at = cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`;
        const { status, body } = await send('GET', `${path}${join}limit=1000${at}`);
        if (status !== 200) throw new Error(`GET ${path} answered ${status}: ${JSON.stringify(body)}`);
        items.push(...body.items);
        cursor = body.nextCursor;
      } while (cursor !== undefined);
      return items;
    },
    /** An execution's whole log. */
    async events(executionId: string): Promise<Answer['body'][]> {
      const items: Answer['body'][] = [];
      for (;;) {
        const path = `/executions/${executionId}/events?limit=1000&afterSeq=${items.at(-1)?.seq ?? 0}`;
        const { status, body } = await send('GET', path);
        if (status !== 200) throw new Error(`GET ${path} answered ${status}: ${JSON.stringify(body)}`);
        if (body.items.length === 0) return items;
        items.push(...body.items);
      }
    },
  };
}
