import { Agent, type ClientRequest, request } from 'node:http';

/** What a sender sees of a request: the status, or a word for why there was none. */
export type PostResult = number | 'cut' | 'timeout' | 'refused';

/** When a function stops working on a request, and when its answer is late. */
export interface AnswerLimits {
  readonly budgetMs: number;
  readonly answerMs: number;
}

/** Told each answer of a function, how long it took and how long it may take. */
export type OnAnswer = (answer: PostResult, elapsedMs: number, limits: AnswerLimits, what: string) => void;

/** How a request is sent. */
export interface Post {
  readonly url: string;
  readonly method?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
  readonly timeoutMs: number;
  /** Cuts the connection this long after the request went out, answer or no answer. */
  readonly cutAfterMs?: number | undefined;
}

/** Sends requests over connections that are kept. */
export interface Poster {
  post(post: Post): Promise<PostResult>;
  close(): void;
}

/** A client that follows no redirect and repeats nothing by itself. */
export function createPoster(): Poster {
  const agent = new Agent({ keepAlive: true });
  return { post: (post) => send(agent, post), close: () => agent.destroy() };
}

function send(agent: Agent, { url, method = 'POST', headers, body, timeoutMs, cutAfterMs }: Post): Promise<PostResult> {
  return new Promise((resolve) => {
    let timer: NodeJS.Timeout | undefined;
    let cutter: NodeJS.Timeout | undefined;
    const settle = (answer: PostResult, sent: ClientRequest): void => {
      clearTimeout(timer);
      clearTimeout(cutter);
      resolve(answer);
      if (typeof answer !== 'number') sent.destroy();
    };
    const sent = request(url, { method, agent, headers: { 'content-length': Buffer.byteLength(body), ...headers } });
    sent.on('response', (response) => {
      response.on('error', () => {}).resume();
      settle(cutAfterMs === undefined ? (response.statusCode ?? 0) : 'cut', sent);
    });
    sent.on('error', (error: NodeJS.ErrnoException) => settle(error.code === 'ECONNREFUSED' ? 'refused' : 'cut', sent));
    timer = setTimeout(() => settle('timeout', sent), timeoutMs);
    sent.end(body, () => {
      if (cutAfterMs !== undefined) cutter = setTimeout(() => settle('cut', sent), cutAfterMs);
    });
  });
}
