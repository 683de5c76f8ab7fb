import { initPixstoreFrontend } from 'pixstore/frontend';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.jsx';
import './style.css';

initPixstoreFrontend({
  defaultEndpointConnectHost: 'same-origin',
  defaultEndpointRoute: '/images',
  fetch: (url, init) => fetch(url, { ...init, credentials: 'same-origin' }), // with the session's cookie
  // A record is good for seconds. What is loaded later, such as by scrolling, asks whether it still may.
  refreshRecords: async (ids) => {
    const answer = await fetch(`/api/records?${new URLSearchParams(ids.map((id) => ['id', id]))}`);
    return answer.ok ? answer.json() : []; // nobody is logged in any more
  },
});

createRoot(document.getElementById('root')).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
