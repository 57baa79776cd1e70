import { describe, expect, it } from 'vitest';
import { waysOf } from './ways.js';

const at = (root: string, text?: string, byVariable = false) =>
  waysOf({ root, file: '/etc/tutti/tutti.yaml', byVariable: () => byVariable, read: () => text });

describe('what is to be typed', () => {
  it('on a Raspberry Pi with the package is a line of its config file, and a restart where one is needed', () => {
    const ways = at('/usr/lib/tutti/app', 'music_dir: /srv/music\n');
    expect(ways.set('port', 8081)).toBe(
      "printf '\\nport: 8081\\n' | sudo tee -a /etc/tutti/tutti.yaml && sudo systemctl restart tutti",
    );
    expect(ways.set('music_dir', '/mnt/a b')).toContain(
      `sudo sed -i 's|^music_dir *:.*|music_dir: "/mnt/a b"|' /etc/tutti/tutti.yaml`,
    );
    expect(ways.tutti('backup')).toBe('sudo tutti backup');
  });

  it('is the variable where one sets it', () => {
    expect(at('/usr/lib/tutti/kept', '', true).set('port', 8081)).toBe(
      "sudo sed -i 's|^TUTTI_PORT=.*|TUTTI_PORT=8081|' /etc/default/tutti && sudo systemctl restart tutti",
    );
    expect(at('/home/pi/tutti', '', true).set('port', 8081)).toBe('TUTTI_PORT=8081 npm start');
  });

  it('in a clone and in an image is what there is there', () => {
    expect(at('/home/pi/tutti').tutti('doctor')).toBe('npm run tutti -- doctor');
    expect(at('/opt/tutti').tutti('doctor')).toBe('docker exec tutti tutti doctor');
    expect(at('/opt/tutti').set('local_output', 'off')).toContain('docker exec tutti sh -c');
  });
});
