"""PDF/UA-1 identification in the XMP metadata of a PDF/A, which WeasyPrint does not offer."""

from typing import Any

from pipeline.errors import MagazineError

# PDF/A requires a description of unknown schemas, with these prefixes (ISO 19005-2, 6.6.2.3.3).
_DECLARATION = (
    b'<rdf:Description xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" rdf:about=""'
    b' xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"'
    b' xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">'
    b"<pdfuaid:part>1</pdfuaid:part><pdfaExtension:schemas><rdf:Bag>"
    b'<rdf:li rdf:parseType="Resource"><pdfaSchema:schema>PDF/UA</pdfaSchema:schema>'
    b"<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>"
    b"<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>"
    b'<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource"><pdfaProperty:name>part</pdfaProperty:name>'
    b"<pdfaProperty:valueType>Integer</pdfaProperty:valueType><pdfaProperty:category>internal</pdfaProperty:category>"
    b"<pdfaProperty:description>Part of PDF/UA</pdfaProperty:description></rdf:li></rdf:Seq></pdfaSchema:property>"
    b"</rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>"
)


def declare_pdfua(pdf: Any) -> None:
    """Add PDF/UA-1 to the single `rdf:RDF` of the metadata; for a finisher of ``write_pdf``.

    Raises:
        MagazineError: The metadata does not have the form that this WeasyPrint is known to write.
    """
    number = int(pdf.catalog["Metadata"].split()[0])
    stream = pdf.objects[number].stream
    (content,) = stream
    head, end, tail = content.rpartition(b"</rdf:RDF>")
    if not end:
        raise MagazineError("XMP metadata has no end tag", hint="Install WeasyPrint as locked in requirements.lock.")
    stream[:] = [head + _DECLARATION + end + tail]
