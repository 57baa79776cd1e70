// Says a name at the door of outputs and prints the answer: node ask-door.cjs NAME
const { connect } = require('node:net');
const socket = connect('/run/tutti/outputs.sock');
let text = '';
socket.on('data', (chunk) => (text += chunk));
socket.on('end', () => {
  process.stdout.write(text);
  process.exit(0);
});
socket.on('error', (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
socket.end(`${process.argv[2]}\n`);
setTimeout(() => process.exit(1), 10_000);
