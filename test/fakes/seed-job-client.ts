import type { WebSocket } from 'ws';

/** What a page shows of a job: what the hook of the job protocol's document keeps. */
export interface Shown {
  progress: number;
  status: 'connecting' | 'processing' | 'completed' | 'failed';
  error: string | null;
  fetched: string[];
  seen: number[];
}

interface ProgressUpdate {
  type: 'progress' | 'completed' | 'error' | 'heartbeat';
  progress: number;
  stage?: string;
  message?: string;
  result_url?: string;
  error?: { message: string; retryable: boolean };
}

type Socket = Pick<WebSocket, 'onopen' | 'onmessage' | 'onerror' | 'onclose' | 'send'>;

/** The hook of the document, line by line, without React. `shown` is its state. */
export function followJob(ws: Socket): Shown {
  const shown: Shown = { progress: 0, status: 'connecting', error: null, fetched: [], seen: [] };
  ws.onopen = () => {
    shown.status = 'processing';
  };
  ws.onmessage = (event) => {
    const update = JSON.parse(event.data as string) as ProgressUpdate;
    switch (update.type) {
      case 'progress':
        shown.progress = update.progress;
        shown.seen.push(update.progress);
        break;
      case 'completed':
        shown.progress = 100;
        shown.status = 'completed';
        shown.fetched.push(update.result_url!);
        break;
      case 'error':
        shown.status = 'failed';
        shown.error = update.error!.message;
        break;
      case 'heartbeat':
        ws.send(JSON.stringify({ type: 'pong', timestamp: new Date().toISOString() }));
        break;
    }
  };
  ws.onerror = () => {
    shown.status = 'failed';
    shown.error = 'Connection error';
  };
  return shown;
}

const MAX_RECONNECTS = 5;

export interface Strategy {
  connect(this: void): Pick<WebSocket, 'onerror'>;
  poll(this: void): void;
  /** The page's setTimeout. */
  later(this: void, run: () => void, ms: number): void;
}

/** The document's reconnect strategy: five attempts with exponential back-off, then polling. The delays it waited. */
export function connectWithRetry({ connect, poll, later }: Strategy): number[] {
  const delays: number[] = [];
  let reconnectAttempts = 0;
  const attempt = (): void => {
    const ws = connect();
    ws.onerror = () => {
      if (reconnectAttempts < MAX_RECONNECTS) {
        reconnectAttempts++;
        const delay = Math.min(1000 * 2 ** reconnectAttempts, 10000);
        delays.push(delay);
        later(attempt, delay);
      } else {
        poll();
      }
    };
  };
  attempt();
  return delays;
}

/** The document's polling loop; `every` is the page's setInterval and gives its clearInterval. */
export function pollJobStatus(
  url: string,
  setProgress: (progress: number) => void,
  every: (run: () => Promise<void>, ms: number) => () => void,
): void {
  const clearInterval = every(async () => {
    const response = await fetch(url);
    const job = (await response.json()) as { progress: number; status: string };
    setProgress(job.progress);
    if (job.status === 'completed' || job.status === 'failed') {
      clearInterval();
    }
  }, 2000);
}
