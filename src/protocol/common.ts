import * as z from 'zod';

/** Ids on the wire: 1-128 printable characters without spaces or slashes; opaque to clients. */
export const Id = z.string().regex(/^[A-Za-z0-9._:-]{1,128}$/);
/** A name people read. Control characters are refused; the text is hostile until escaped by whoever draws it. */
export const Name = z
  .string()
  .trim()
  .min(1)
  .max(128)
  .refine((text) => !/\p{Cc}/u.test(text), 'control characters are not allowed');
/** 0..1, linear as the player's own scale. */
export const Volume = z.number().min(0).max(1);
/** Seconds, fractional. */
export const Seconds = z.number().min(0).max(10_000_000);
/** Microseconds of the server's monotonic clock; only differences and `clock` exchanges give it meaning. */
export const ClockUs = z.number();
/** http or https only. */
export const HttpUrl = z
  .string()
  .max(2048)
  .regex(/^https?:\/\/[^\s]+$/i);
/** Where a list starts and how many rows it may have. */
export const Page = {
  offset: z.int().min(0).max(10_000_000).default(0),
  limit: z.int().min(1).max(500).default(100),
};
