import { Bonjour } from 'bonjour-service';
import { FakeCastReceiver } from '../test/fakes/fake-cast-receiver.js';

/** A Chromecast without the hardware: `cast-receiver [name] [port] [address]`. Announced by mDNS; plays to nowhere through mpv. */
const [name = 'Tutti test cast', port = '0', host = '0.0.0.0'] = process.argv.slice(2);
const receiver = await FakeCastReceiver.start({ host, port: Number(port) });
const bonjour = new Bonjour({}, (error: Error) => process.stderr.write(`mDNS: ${error.message}\n`));
const id = name.toLowerCase().replace(/[^a-z0-9]+/g, '-');
const txt = { id, fn: name, md: 'Chromecast Audio', ve: '05', ca: '2052', st: '0' };
bonjour.publish({ name: `Chromecast-Audio-${id}`, type: 'googlecast', port: receiver.port, txt });
process.stdout.write(`"${name}" listens on ${host}:${receiver.port}; Ctrl-C ends it\n`);

async function end(): Promise<void> {
  bonjour.destroy();
  await receiver.close();
  process.exit(0);
}
process.once('SIGINT', () => void end());
process.once('SIGTERM', () => void end());
