from tests.site.test_checkers import find_violations, get_kind
def test_dark(open_tab, serve):
    from pathlib import Path
    bad = {}
    for tree in ("estafette/public","netwerkdag/public","netwerkdag/press/participants","sample/public","variants/public"):
        host = serve(Path("/tmp/look")/tree)
        for scheme, w in (("dark",1280),("light",950)):
            tab = open_tab(viewport={"width": w, "height": 640}, color_scheme=scheme)
            for page in {get_kind(p): p for p in host.pages()}.values():
                tab.goto(host.address+page)
                v = find_violations(tab); sw = tab.evaluate("document.documentElement.scrollWidth")
                if v or sw > w: bad[tree, scheme, page] = (v, sw)
    assert {} == bad
