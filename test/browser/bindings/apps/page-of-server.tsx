import type { ImageRecord } from 'pixstore/frontend';
import { PixstoreImage, usePixstoreImage, usePixstoreImageSuspense } from 'pixstore/react';
import { Component, type ReactNode, Suspense, useRef } from 'react';

export interface PageProps {
  record: ImageRecord;
  other: ImageRecord;
}

/** A page in every way that React has to show a picture; a server draws it, too. */
export function Page({ record, other }: PageProps) {
  const image = useRef<HTMLElement>(null);
  return (
    <main>
      <PixstoreImage record={record} alt="component" ref={image} title="tip" placeholder="/placeholder.png" />
      <Hook record={other} />
      <Boundary>
        <Suspense fallback={<p>waiting</p>}>
          <Suspended record={other} />
        </Suspense>
      </Boundary>
      <button type="button" onClick={() => image.current?.setAttribute('lang', 'en')}>
        Mark it
      </button>
    </main>
  );
}

function Hook({ record }: { record: ImageRecord }) {
  const { src, status, source } = usePixstoreImage(record);
  return <img src={src} alt="hook" data-status={status} data-source={source} />;
}

function Suspended({ record }: { record: ImageRecord }) {
  const { src, status } = usePixstoreImageSuspense(record);
  return <img src={src} alt="suspense" data-status={status} />;
}

class Boundary extends Component<{ children: ReactNode }, { code?: string }> {
  override state: { code?: string } = {};
  static getDerivedStateFromError = ({ code }: { code: string }) => ({ code });
  override render = () => (this.state.code ? <p role="alert">{this.state.code}</p> : this.props.children);
}
