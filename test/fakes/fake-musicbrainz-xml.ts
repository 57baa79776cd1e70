import { artistId, mbid, recordingId, type StubRelease, type StubTrack } from './fake-musicbrainz.js';

const escaped = (text: string): string =>
  text.replace(
    /[&<>"]/g,
    (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[sign] ?? sign,
  );

const credit = (artist: string): string =>
  `<artist-credit><name-credit><artist id="${artistId(artist)}"><name>${escaped(artist)}</name><sort-name>${escaped(artist)}</sort-name></artist></name-credit></artist-credit>`;

/** Releases as the XML of ws/2, which beets reads. */
export function answerXml(releases: readonly StubRelease[], isList: boolean): string {
  const inner = releases.map((release) => xml(release, !isList)).join('');
  const body = isList ? `<release-list count="${releases.length}" offset="0">${inner}</release-list>` : inner;
  return `<?xml version="1.0" encoding="UTF-8"?><metadata xmlns="http://musicbrainz.org/ns/mmd-2.0#" xmlns:ext="http://musicbrainz.org/ns/ext#-2.0">${body}</metadata>`;
}

function xml(release: StubRelease, isFull: boolean): string {
  const { id, group, title, artist, date, first = date, country, media, discs } = release;
  const mediums = discs.map((disc, n) => {
    const tracks = disc.map((track, at) => trackXml(release, track, n, at)).join('');
    const pregap =
      n === 0 && release.pregap
        ? trackXml(release, release.pregap, 0, -1)
            .replaceAll('track id=', 'pregap id=')
            .replace(/<\/track>$/, '</pregap>')
        : '';
    const list = isFull
      ? `${pregap}<track-list count="${disc.length}" offset="0">${tracks}</track-list>`
      : `<track-list count="${disc.length}"/>`;
    return `<medium><position>${n + 1}</position><format>${media}</format>${list}</medium>`;
  });
  return [
    `<release id="${id}"${isFull ? '' : ' ext:score="100"'}><title>${escaped(title)}</title><status>Official</status>`,
    `<text-representation><language>eng</language><script>Latn</script></text-representation>${credit(artist)}`,
    `<release-group id="${group}" type="Album"><title>${escaped(title)}</title><first-release-date>${first}</first-release-date><primary-type>Album</primary-type></release-group>`,
    `<date>${date}</date><country>${country}</country><release-event-list count="1"><release-event><date>${date}</date></release-event></release-event-list>`,
    `<label-info-list count="1"><label-info><label id="${mbid('label')}"><name>Small Label</name></label></label-info></label-info-list>`,
    `<medium-list count="${discs.length}">${mediums.join('')}</medium-list></release>`,
  ].join('');
}

function trackXml(release: StubRelease, track: StubTrack, disc: number, at: number): string {
  const length = `<length>${Math.round(track.seconds * 1000)}</length>`;
  return `<track id="${mbid(`track ${release.id} ${disc} ${at}`)}"><position>${at + 1}</position><number>${at + 1}</number>${length}${credit(track.artist ?? release.artist)}<recording id="${recordingId(release, track)}"><title>${escaped(track.title)}</title>${length}${credit(track.artist ?? release.artist)}</recording></track>`;
}
