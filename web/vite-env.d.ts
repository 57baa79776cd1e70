/** What the build fills in. */
interface ImportMeta {
  readonly env: { readonly PROD: boolean };
}
/** Styles that come with the views that need them. */
declare module '*.css';
