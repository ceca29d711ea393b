// Finds the longest word, so that the model does not have to.
import { readFileSync } from 'node:fs';

const { input } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const words = input.text.match(/\w+/g);
const longest = words.reduce((one, other) => (other.length > one.length ? other : one));
console.log(JSON.stringify({ longest }));
