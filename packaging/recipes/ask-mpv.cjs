// Prints a property of the mpv at a socket: node ask-mpv.cjs SOCKET time-pos
const { connect } = require('node:net');
const [path, property] = process.argv.slice(2);
const socket = connect(path, () =>
  socket.write(`${JSON.stringify({ command: ['get_property', property], request_id: 1 })}\n`),
);
let text = '';
socket.on('data', (chunk) => {
  text += chunk;
  for (const line of text.split('\n').slice(0, -1)) {
    const answer = JSON.parse(line);
    if (answer.request_id !== 1) continue;
    process.stdout.write(`${JSON.stringify(answer.data)}\n`);
    process.exit(answer.error === 'success' ? 0 : 1);
  }
});
socket.on('error', (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
setTimeout(() => process.exit(1), 5000);
