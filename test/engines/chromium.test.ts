import { launchChromium } from './drivers/chromium.js';
import { testEngine } from './suite.js';

testEngine('chromium', launchChromium);
