import { type ChildProcess, spawn } from 'node:child_process';

/** A program of a test, with whatever it starts itself. */
export interface Program {
  /** What it wrote so far. */
  output(): string;
  /** Resolves with the match once the program has written it, and rejects when it ends or takes too long. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
  /** Ends it and all it has started. */
  end(): Promise<void>;
}

const patience = 30_000;

/** Starts a program in a process group of its own, so that {@link Program.end} reaches its children too. */
export function startProgram(command: string, args: string[], env: Record<string, string> = {}): Program {
  const child = spawn(command, args, {
    detached: true,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<void>((resolve) => {
    child.on('error', () => resolve());
    child.on('close', () => resolve());
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  // A test run that dies must not leave a browser behind.
  const endWithUs = () => signal(child, 'SIGKILL');
  process.once('exit', endWithUs);

  return {
    output: () => output,

    says(pattern) {
      return new Promise((resolve, reject) => {
        const fail = (problem: string) => reject(new Error(`${command} ${problem}. It wrote:\n${output}`));
        const timer = setTimeout(() => fail(`did not say ${pattern} within ${patience} ms`), patience);
        const look = () => {
          const match = pattern.exec(output);
          if (!match) return;
          clearTimeout(timer);
          resolve(match);
        };
        child.stdout.on('data', look);
        child.stderr.on('data', look);
        look();
        void ended.then(() => {
          clearTimeout(timer);
          fail('ended');
        });
      });
    },

    async end() {
      process.off('exit', endWithUs);
      signal(child, 'SIGTERM');
      const timer = setTimeout(() => signal(child, 'SIGKILL'), 5000);
      await ended;
      clearTimeout(timer);
      signal(child, 'SIGKILL'); // what outlived its parent
    },
  };
}

/** To the whole group, which goes by the pid of the child that leads it. */
function signal({ pid }: ChildProcess, name: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, name);
  } catch {
    // All of it has ended.
  }
}
