// Runs a piece of JavaScript in the Node of this machine whose inspector is open: kill -USR1 PID; node --experimental-websocket make-busy.cjs CODE
fetch('http://127.0.0.1:9229/json').then(async (answer) => {
  const [{ webSocketDebuggerUrl }] = await answer.json();
  const socket = new WebSocket(webSocketDebuggerUrl);
  socket.onopen = () =>
    socket.send(
      JSON.stringify({ id: 1, method: 'Runtime.evaluate', params: { expression: process.argv[2] } }),
    );
  setTimeout(() => process.exit(0), 1500);
});
