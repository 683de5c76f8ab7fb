// The script of the page in which a case runs. The pages that show images are its frames, and tabs beside it.
import { subjects } from '../cases/index.js';
import type { EngineName } from '../drivers/engine.js';
import { control } from './control.js';
import { leaveAll, openFrame, openSandbox, openTab } from './pages.js';

const parameters = new URLSearchParams(location.search);
const parameter = (name: string) => parameters.get(name) ?? '';

async function run(): Promise<void> {
  const title = parameter('case');
  const found = Object.values(subjects)
    .flat()
    .find((each) => each.title === title);
  if (!found) throw new Error(`There is no case "${title}".`);
  const endpoint = {
    defaultEndpointConnectHost: '127.0.0.1',
    defaultEndpointConnectPort: Number(parameter('wire')),
  };
  await found.run({
    engine: parameter('engine') as EngineName,
    endpoint,
    control,
    openFrame: () => openFrame(endpoint),
    openSandbox: () => openSandbox(endpoint),
    openTab: () => openTab(endpoint),
  });
  await leaveAll();
}

run().then(
  () => control.report(null),
  (error: unknown) => control.report(error instanceof Error ? `${error.message}\n${error.stack}` : String(error)),
);
