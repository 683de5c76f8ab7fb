import { launchWebKit } from './drivers/webkit.js';
import { testEngine } from './suite.js';

testEngine('webkit', launchWebKit);
