const mebibyte = 1024 * 1024;

/**
 * What a fuzz run found, in words.
 *
 * @param {import('./run-fuzz.mjs').FuzzReport} report
 */
export function describeReport({ seed, requests, seconds, answers, findings, smallest, ...state }) {
  const { alive, intact, log, complaints, before, after, sockets, open } = state;
  return [
    `${requests} requests in ${seconds.toFixed(0)} s, from seed ${seed}`,
    'answers:',
    ...Object.entries(answers)
      .sort(([, a], [, b]) => b - a)
      .map(([name, times]) => `  ${String(times).padStart(7)}  ${name}`),
    `the process ${alive ? 'lives' : 'is dead'}, a good request is ${intact ? 'answered' : 'NOT answered'}`,
    `memory in use ${inMebibytes(before)} -> ${inMebibytes(after)} MiB, open connections ${sockets}, open answers ${open.answers}`,
    `lines logged: ${log.length}${log.slice(0, 5).map((line) => `\n  ${line}`)}`,
    ...(complaints === '' ? [] : [`standard error: ${complaints}`]),
    `findings: ${findings.length}`,
    ...findings.map(
      ({ problems, seed, index, shot }) =>
        `  seed ${seed}, request ${index}: ${problems.join('; ')}\n    ${JSON.stringify(shot.bytes.toString('latin1')).slice(0, 600)}`,
    ),
    ...(smallest === undefined ? [] : [`the first of them, as small as it gets: ${smallest}`]),
  ].join('\n');
}

/** @param {import('../victim/start-victim.mjs').Memory} memory */
function inMebibytes({ heapUsed, external }) {
  return ((heapUsed + external) / mebibyte).toFixed(1);
}
