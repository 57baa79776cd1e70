// What end-to-end tests hand to the browser runs there.
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
