// Prints what a URL answers, and fails when that is not 200: node get.cjs URL [token]
const [url, token] = process.argv.slice(2);
const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
fetch(url, { headers, signal: AbortSignal.timeout(5000) }).then(
  async (answer) => {
    process.stdout.write(`${await answer.text()}\n`);
    process.exit(answer.status === 200 ? 0 : 1);
  },
  (error) => {
    process.stderr.write(`${error.message} ${error.cause?.message ?? ''}\n`);
    process.exit(1);
  },
);
