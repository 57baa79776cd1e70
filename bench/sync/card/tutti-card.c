/*
 * A sound card without hardware: an ALSA I/O plugin that plays at CLOCK_MONOTONIC x (1 + ppm/1e6), with an exact pointer and
 * delay, real underruns, and a timerfd to poll that is ready for as long as there is room for a period, as the kernel's is: a program
 * that was kept waiting and writes one period at a time catches up. What it is given goes to <file>.pcm (16 bit little endian, interleaved), what it does to
 * <file>.log, one line each, times in ns of CLOCK_MONOTONIC:
 *
 *   START <t0> <first> <rate> <ppm> <channels>   frame <first>+k of the file is heard at t0 + k / (rate * (1 + ppm/1e6))
 *   STOP  <t> <heard>                            so many frames of the segment were heard; the rest of it never was
 *   XRUN  <t> <heard>                            the same, because no more were there at t
 *
 * A process that is killed leaves no STOP: then what was written was heard. Like hardware, a card takes one program at a time.
 *
 *   pcm_type.tutti_card { lib "/path/of/this.so" }
 *   pcm.x { type tutti_card file "/tmp/a" ppm 60 step 480 }   step: the pointer moves in so many frames, default 1
 */
#include <alsa/asoundlib.h>
#include <alsa/pcm_external.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

struct card {
	snd_pcm_ioplug_t io;
	int pcm_fd, log_fd, timer;
	long ppm, step;
	/* Of this segment: frames given since prepare, the file's frame it begins at, when frame 0 is heard (0 = not running). */
	uint64_t given, first, t0;
};

static uint64_t now_ns(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000ull + (uint64_t)t.tv_nsec;
}

static double frames_per_ns(const struct card *c) {
	return c->io.rate * (1.0 + c->ppm * 1e-6) * 1e-9;
}

/* How many frames the clock has moved past since the start, whether they were there or not. */
static uint64_t due(const struct card *c) {
	return c->t0 == 0 ? 0 : (uint64_t)((double)(now_ns() - c->t0) * frames_per_ns(c));
}

static unsigned frame_bytes(const struct card *c) { return 2 * c->io.channels; }

static void end_segment(struct card *c, const char *why, uint64_t at, uint64_t heard) {
	dprintf(c->log_fd, "%s %" PRIu64 " %" PRIu64 "\n", why, at, heard);
	c->t0 = 0;
}

/* True when the clock has passed all that was given: the sound stopped at the moment after the last frame. */
static int ran_dry(struct card *c) {
	if (c->t0 == 0 || due(c) < c->given) return 0;
	const char *why = c->io.state == SND_PCM_STATE_DRAINING ? "STOP" : "XRUN";
	end_segment(c, why, c->t0 + (uint64_t)((double)c->given / frames_per_ns(c)), c->given);
	return 1;
}

static int wake_in(struct card *c, double ns) {
	struct itimerspec once = {{0, 0}, {(time_t)(ns / 1e9), (long)ns % 1000000000}};
	if (ns < 1) once.it_value = (struct timespec){0, 1};
	return timerfd_settime(c->timer, 0, &once, NULL) < 0 ? -errno : 0;
}

static double period_ns(const struct card *c) { return (double)c->io.period_size / frames_per_ns(c); }

/* Ready at once while there is room for a period, else as soon as there will be. A card that does not run looks again after a period. */
static int wake_when_roomy(struct card *c) {
	uint64_t needed = c->given + c->io.period_size;
	if (needed <= c->io.buffer_size) return wake_in(c, 0);
	if (c->t0 == 0) return wake_in(c, period_ns(c));
	needed -= c->io.buffer_size;
	needed += (uint64_t)c->step - 1;
	needed -= needed % (uint64_t)c->step;
	return wake_in(c, (double)c->t0 + (double)(needed + 1) / frames_per_ns(c) - (double)now_ns());
}

static int card_start(snd_pcm_ioplug_t *io) {
	struct card *c = io->private_data;
	if (c->given == 0) return -EPIPE; /* as the kernel does */
	c->t0 = now_ns();
	wake_when_roomy(c);
	dprintf(c->log_fd, "START %" PRIu64 " %" PRIu64 " %u %ld %u\n", c->t0, c->first, io->rate, c->ppm, io->channels);
	return 0;
}

static int card_stop(snd_pcm_ioplug_t *io) {
	struct card *c = io->private_data;
	if (c->t0 != 0 && !ran_dry(c)) end_segment(c, "STOP", now_ns(), due(c));
	return 0;
}

static snd_pcm_sframes_t card_pointer(snd_pcm_ioplug_t *io) {
	struct card *c = io->private_data;
	if (io->state == SND_PCM_STATE_XRUN || ran_dry(c)) return -EPIPE;
	uint64_t played = due(c);
	return (snd_pcm_sframes_t)((played - played % (uint64_t)c->step) % io->buffer_size);
}

static int card_delay(snd_pcm_ioplug_t *io, snd_pcm_sframes_t *delay) {
	struct card *c = io->private_data;
	uint64_t played = due(c);
	played -= played % (uint64_t)c->step;
	*delay = played < c->given ? (snd_pcm_sframes_t)(c->given - played) : 0;
	return 0;
}

static snd_pcm_sframes_t card_transfer(snd_pcm_ioplug_t *io, const snd_pcm_channel_area_t *areas,
				       snd_pcm_uframes_t offset, snd_pcm_uframes_t size) {
	struct card *c = io->private_data;
	if (c->t0 != 0 && due(c) > c->given) return -EPIPE;
	const char *from = (const char *)areas->addr + (areas->first + areas->step * offset) / 8;
	size_t left = size * frame_bytes(c);
	while (left > 0) {
		ssize_t done = write(c->pcm_fd, from, left);
		if (done < 0 && errno == EINTR) continue;
		if (done < 0) return -errno;
		from += done;
		left -= (size_t)done;
	}
	c->given += size;
	wake_when_roomy(c);
	return (snd_pcm_sframes_t)size;
}

static int card_prepare(snd_pcm_ioplug_t *io) {
	struct card *c = io->private_data;
	card_stop(io);
	c->given = 0;
	c->first = (uint64_t)lseek(c->pcm_fd, 0, SEEK_END) / frame_bytes(c);
	return wake_in(c, 0);
}

static int card_poll_revents(snd_pcm_ioplug_t *io, struct pollfd *fds, unsigned count, unsigned short *revents) {
	struct card *c = io->private_data;
	(void)fds;
	(void)count;
	snd_pcm_sframes_t room = snd_pcm_avail_update(io->pcm);
	int roomy = room >= (snd_pcm_sframes_t)io->period_size;
	*revents = room < 0 ? POLLOUT | POLLERR : roomy || io->state == SND_PCM_STATE_PREPARED ? POLLOUT : 0;
	/* Nobody writes any more who waits for the end. */
	if (io->state == SND_PCM_STATE_DRAINING) wake_in(c, period_ns(c));
	else if (room >= 0 && !roomy) wake_when_roomy(c);
	return 0;
}

static int card_close(snd_pcm_ioplug_t *io) {
	struct card *c = io->private_data;
	card_stop(io);
	close(c->pcm_fd);
	close(c->log_fd);
	close(c->timer);
	free(c);
	return 0;
}

static const snd_pcm_ioplug_callback_t CALLBACKS = {
	.start = card_start, .stop = card_stop, .pointer = card_pointer, .transfer = card_transfer, .close = card_close,
	.prepare = card_prepare, .delay = card_delay, .poll_revents = card_poll_revents,
};

static int constrain(snd_pcm_ioplug_t *io) {
	static const unsigned access[] = {SND_PCM_ACCESS_RW_INTERLEAVED, SND_PCM_ACCESS_MMAP_INTERLEAVED};
	static const unsigned format[] = {SND_PCM_FORMAT_S16_LE};
	static const unsigned rate[] = {44100, 48000};
	int err = 0;
	if (err >= 0) err = snd_pcm_ioplug_set_param_list(io, SND_PCM_IOPLUG_HW_ACCESS, 2, access);
	if (err >= 0) err = snd_pcm_ioplug_set_param_list(io, SND_PCM_IOPLUG_HW_FORMAT, 1, format);
	if (err >= 0) err = snd_pcm_ioplug_set_param_list(io, SND_PCM_IOPLUG_HW_RATE, 2, rate);
	if (err >= 0) err = snd_pcm_ioplug_set_param_minmax(io, SND_PCM_IOPLUG_HW_CHANNELS, 2, 2);
	if (err >= 0) err = snd_pcm_ioplug_set_param_minmax(io, SND_PCM_IOPLUG_HW_PERIOD_BYTES, 512, 96000);
	if (err >= 0) err = snd_pcm_ioplug_set_param_minmax(io, SND_PCM_IOPLUG_HW_PERIODS, 2, 64);
	if (err >= 0) err = snd_pcm_ioplug_set_param_minmax(io, SND_PCM_IOPLUG_HW_BUFFER_BYTES, 1024, 384000);
	return err;
}

static int open_for(char *path, size_t size, const char *file, const char *ending) {
	if (snprintf(path, size, "%s.%s", file, ending) >= (int)size) return -1;
	return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
}

static int open_card(snd_pcm_t **pcm, const char *name, const char *file, long ppm, long step, snd_pcm_stream_t stream, int mode) {
	char path[4096];
	struct card *c = calloc(1, sizeof *c);
	if (c == NULL) return -ENOMEM;
	*c = (struct card){.ppm = ppm, .step = step < 1 ? 1 : step};
	c->pcm_fd = open_for(path, sizeof path, file, "pcm");
	c->log_fd = open_for(path, sizeof path, file, "log");
	c->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	c->io = (snd_pcm_ioplug_t){.version = SND_PCM_IOPLUG_VERSION, .name = "Tutti test card", .mmap_rw = 0, .poll_fd = c->timer,
				   .poll_events = POLLIN, .callback = &CALLBACKS, .private_data = c};
	int err = c->pcm_fd < 0 || c->log_fd < 0 || c->timer < 0 ? -errno : flock(c->pcm_fd, LOCK_EX | LOCK_NB) < 0 ? -EBUSY : 0;
	if (err >= 0) err = snd_pcm_ioplug_create(&c->io, name, stream, mode);
	if (err < 0) {
		close(c->pcm_fd);
		close(c->log_fd);
		close(c->timer);
		free(c);
		return err;
	}
	err = constrain(&c->io);
	if (err < 0) snd_pcm_ioplug_delete(&c->io);
	else *pcm = c->io.pcm;
	return err;
}

SND_PCM_PLUGIN_DEFINE_FUNC(tutti_card) {
	snd_config_iterator_t at, next;
	const char *file = NULL;
	long ppm = 0, step = 1;
	(void)root;
	if (stream != SND_PCM_STREAM_PLAYBACK) return -EINVAL;
	snd_config_for_each(at, next, conf) {
		snd_config_t *node = snd_config_iterator_entry(at);
		const char *id;
		if (snd_config_get_id(node, &id) < 0) continue;
		if (strcmp(id, "file") == 0) snd_config_get_string(node, &file);
		if (strcmp(id, "ppm") == 0) snd_config_get_integer(node, &ppm);
		if (strcmp(id, "step") == 0) snd_config_get_integer(node, &step);
	}
	return file == NULL ? -EINVAL : open_card(pcmp, name, file, ppm, step, stream, mode);
}
SND_PCM_PLUGIN_SYMBOL(tutti_card);
