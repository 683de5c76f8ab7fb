'use client';

export default function Failure({ reset }: { reset: () => void }) {
  return (
    <main className="blank">
      <h1>The server does not answer</h1>
      <button type="button" onClick={reset}>
        Try again
      </button>
    </main>
  );
}
