import { createAdmission } from '../shared/admission.js';
import { tooSlow } from './failures.js';

export interface TurnLimits {
  /** Pictures that are worked on at once. */
  concurrency: number;
  /** Bytes that decoders may hold at once. */
  memory: number;
  /** Milliseconds for one picture, from its turn on. */
  timeout: number;
}

/** What a job may do in its turn. */
export interface Turn {
  /** Runs work when there is memory for it: so many bytes. */
  withMemory<Result>(bytes: number, work: () => Promise<Result>): Promise<Result>;
  /** Ends with the time. */
  signal: AbortSignal;
  /** Milliseconds that are left. */
  timeLeft(): number;
}

/** Who waits for a turn, waits in order of arrival. */
export function createTurns({ concurrency, memory, timeout }: TurnLimits) {
  const slots = createAdmission({ bytes: Infinity, images: concurrency });
  const room = createAdmission({ bytes: memory, images: Infinity });

  return {
    /**
     * Runs a job in its turn. When its time is over, whoever waits is told at once; the turn goes on until the job has
     * ended, since a decoder cannot be stopped everywhere and holds thread and memory until then.
     *
     * @throws PixstoreError `PROCESSING_TIMEOUT`
     */
    take<Result>(job: (turn: Turn) => Promise<Result>): Promise<Result> {
      return new Promise((resolve, reject) => {
        void slots.admit(0, async () => {
          const controller = new AbortController();
          const end = performance.now() + timeout;
          const timer = setTimeout(() => {
            controller.abort(tooSlow());
            reject(controller.signal.reason);
          }, timeout);
          try {
            const turn: Turn = {
              withMemory: (bytes, work) => room.admit(bytes, work),
              signal: controller.signal,
              timeLeft: () => Math.max(1, end - performance.now()),
            };
            resolve(await job(turn));
          } catch (error) {
            reject(error);
          } finally {
            clearTimeout(timer);
          }
        });
      });
    },
  };
}
