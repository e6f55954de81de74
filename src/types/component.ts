/** Where a component was built from, as a snapshot tells it. */
export interface GitSource {
  url?: string;
  revision?: string;
  context?: string;
  devfileUrl?: string;
  dockerfileUrl?: string;
}

export interface ComponentSource {
  git?: GitSource;
}

/** One image of a snapshot. `containerImage` is the reference as it was written, until it is resolved. */
export interface Component {
  name: string;
  containerImage: string;
  source: ComponentSource;
}

/** The images of a release (the spec of Konflux' Snapshot resource). */
export interface Snapshot {
  application: string;
  displayName?: string;
  displayDescription?: string;
  components: readonly Component[];
}
