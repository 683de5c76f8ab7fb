import { launchFirefox } from './drivers/firefox.js';
import { testEngine } from './suite.js';

testEngine('firefox', launchFirefox);
