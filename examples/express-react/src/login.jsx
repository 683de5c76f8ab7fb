import { useState } from 'react';

const users = { ann: 'Ann', ben: 'Ben', ida: 'Ida, the admin' };

export function Login({ onDone }) {
  const [problem, setProblem] = useState('');

  async function logIn(user) {
    const headers = { 'Content-Type': 'application/json' };
    const answer = await fetch('/login', { method: 'POST', headers, body: JSON.stringify({ user }) }).catch(() => null);
    if (answer?.ok) onDone();
    else setProblem('That did not work. Try again.');
  }

  return (
    <main className="blank">
      <h1>Who are you?</h1>
      <p className="soft">Each of them sees other photos.</p>
      <div className="buttons">
        {Object.entries(users).map(([user, name]) => (
          <button type="button" key={user} onClick={() => logIn(user)}>
            {name}
          </button>
        ))}
      </div>
      <p role="alert" className="bad">
        {problem}
      </p>
    </main>
  );
}
