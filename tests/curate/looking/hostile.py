"""What a model may write to harm who reads it."""

HOSTILE = (
    "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
    "</textarea></div>\"'><svg onload=alert(1)> {{ 7*7 }} &lt;b&gt; "
    "bidi \u202eesrever\u202c zero\u200bwidth bell\x07 <a href=javascript:alert(1)>x</a>"
)
