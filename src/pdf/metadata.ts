import { xml } from '../store/xml.ts';
import type { PdfFile } from './file.ts';
import { Name, type Ref, Text } from './objects.ts';

/** What is told of the document itself. */
export interface DocumentFacts {
  title: string;
  author: string;
  subject: string;
  keywords: readonly string[];
  /** When the newest of its data was published: the same request gives the same document whenever it is made. */
  date: Date;
}

const PRODUCER = 'Geocrate';

/** Writes the document information dictionary (ISO 32000-2 section 14.3.3). */
export function writeInfo(file: PdfFile, { title, author, subject, keywords, date }: DocumentFacts): Promise<Ref> {
  const time = new Text(`D:${date.toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`);
  return file.object({
    Title: new Text(title),
    Author: new Text(author),
    Subject: new Text(subject),
    Keywords: new Text(keywords.join(', ')),
    Creator: new Text(PRODUCER),
    Producer: new Text(PRODUCER),
    CreationDate: time,
    ModDate: time,
  });
}

/** Writes the same as XMP (ISO 16684-1), which programs look for first. */
export function writeMetadata(file: PdfFile, { title, author, subject, keywords, date }: DocumentFacts): Promise<Ref> {
  const time = `${date.toISOString().slice(0, 19)}Z`;
  const packet = `<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:pdf="http://ns.adobe.com/pdf/1.3/">
<dc:format>application/pdf</dc:format>
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">${xml(title)}</rdf:li></rdf:Alt></dc:title>
<dc:creator><rdf:Seq><rdf:li>${xml(author)}</rdf:li></rdf:Seq></dc:creator>
<dc:description><rdf:Alt><rdf:li xml:lang="x-default">${xml(subject)}</rdf:li></rdf:Alt></dc:description>
<dc:subject><rdf:Bag>${keywords.map((word) => `<rdf:li>${xml(word)}</rdf:li>`).join('')}</rdf:Bag></dc:subject>
<pdf:Keywords>${xml(keywords.join(', '))}</pdf:Keywords><pdf:Producer>${PRODUCER}</pdf:Producer>
<xmp:CreateDate>${time}</xmp:CreateDate><xmp:ModifyDate>${time}</xmp:ModifyDate><xmp:CreatorTool>${PRODUCER}</xmp:CreatorTool>
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="r"?>`;
  return file.stream({ Type: new Name('Metadata'), Subtype: new Name('XML') }, Buffer.from(packet, 'utf8'));
}
