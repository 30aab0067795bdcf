"""Small words that betray a language: every sentence has some, and they are the same in every text.

Only words that do not occur as words of English prose stand in the tables of other languages (no
German `die`, French `pour`, Spanish `sin`), so that a hit means something.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

ENGLISH = """
the of and to that this these those it its we so but with not be been was were has have had if then
which what how there they them you let let's can could would should because therefore since when
than from by i he she his her their each my our does did will just about into only also where
while now is are wait at all some any more both such other another these very much many same first
before after between under again however must need see get gives makes use know check
"""

FUNCTION_WORDS: dict[str, frozenset[str]] = {
    language: frozenset(words.split())
    for language, words in {
        "en": ENGLISH,
        "de": """
            der das und also ist nicht ein eine einen einem einer eines wir ich sie es mit
            auf für von zu den dem des im sich auch aber wenn dann wie haben sind wird
            werden kann muss bei nach aus oder nur noch daher damit weil dass daß zwei
            drei insgesamt ergibt jede jeder um zum zur er ihr uns so was wäre wurde
            wurden können müssen denn da schon alles sehr dieser diese dieses jetzt hier
            kein keine dazu dafür ihm ihn mehr unser unsere sondern etwas nun wieder
            deshalb beide""",
        "es": """
            el la los las un una unos del de que y en es por para con se su sus al como
            más pero este esta esto uno bien hay entonces cada cuántos cuántas tiene también
            porque cuando tres nos muy hemos ser está están lo le si sí ya qué eso he
            has dos da tenemos podemos hacer según algo ese esa otro otra todo todos
            nada sobre entre desde hasta luego pues vamos nuestro nuestra""",
        "fr": """
            le la les un une des du de et est que qui dans pas avec sont nous vous ils
            elle elles il ce cette ces donc mais où au aux être comme leur leurs peut
            alors ainsi puis avons chaque combien cela aussi très même fois deux trois
            se ses ne par si en à y je tu lui es mes soit ont avait était quand parce
            quel quelle ou sur sous sans tout tous toute toutes puisque lorsque voilà
            autre autres faut bien encore peu nôtre notre votre""",
        "it": """
            il lo la gli le un una uno di del della dei delle degli che è e si con non
            sono più ma questo questa questi quindi ogni abbiamo ha anche perché quando
            tre molto essere dobbiamo nel nella da al alla ai se ci ne quanto quanti i
            dove allora cioè tutti tutto tutte sulla sul dalla nostra nostro loro suo
            sua stato ancora oppure poiché sia""",
        "pt": """
            o os um uma de da dos das em na nos nas que e é por para com não se seu sua
            mais mas este esta isso são então cada tem quantos quantas também porque
            quando dois três temos ser pelo pela ao à já foi podemos pode fazer até ou
            nós eles elas sobre entre nosso nossa onde assim isto qual seja""",
        "ca": """
            els les amb que és dels una són més com aquest aquesta aquests ha tenim també perquè
            quan doncs llavors cada quants quantes als del molt això hem té seva seu han està tota
            tot totes tots seus sobre mateix contra fer entre segons nosaltres dues ni de la el en
            un se""",
        "gl": """
            unha dun dunha que dos das polo pola é máis pero cada temos tamén porque cando entón
            onde ao aos para cantos cantas isto súa seu está toda todo todas todos sen sobre mesmo
            contra facer pode entre nós dúas teñen nin ou de en un os se por con""",
        "ro": """
            și este sunt nu cu pentru din că pe mai dar dacă atunci să avem fiecare câte
            câți deci astfel trebuie acest această sau în lui prin după fost unui unei
            cele orice fiecărui ori fără între doar două trei poate când unde cine cum
            noi lor acestea toate de la un al are ale dintre acum deoarece ambele
            aceasta foarte doi""",
        "nl": """
            het een en van niet dat zijn dus wij wordt voor op ook maar als dan hebben
            heeft moet elke deze dit naar uit hoeveel aan bij nog wat kunnen omdat hij
            zij worden haar geen wel te tot ieder eerst de er ze hun onze ons
            alle nu beide welke toch weer samen""",
        "af": """
            het nie van en om te wat dit ons vir dat ook elke hoeveel maar dan kan moet sal hulle
            dus deur wees sy aan""",
        "sv": """
            och att är inte det som en ett för med på av den har vi så om eller också
            varje hur många kan måste då där detta från sedan blir hans hennes vara
            skall får alla sitt sig mellan bara någon något kunna vad enligt två tre
            eftersom därför dessa båda igen här nu inga hela mycket""",
        "da": """
            at og er ikke det som en et med på af til den har vi så hvis eller også hver
            hvor mange kan skal da der dette fra nu bliver jeg vil efter alle være hvad
            noget kunne blev mellem kun nogen sig således hans hendes ville skulle altså
            både fordi hvorfor disse begge igen her ingen hele""",
        "no": """
            at og er ikke det som en et med på av til den har vi så hvis eller også hver
            hvor mange kan må da der dette fra nå blir jeg vil etter alle være skal hva
            noe kunne ble mellom noen seg slik hans hennes ville skulle altså både fordi
            hvorfor disse begge igjen her ingen hele""",
        "is": """
            og að er ekki það sem við með til fyrir eru um hver hvað hún hann ég þá því svo hefur
            af frá eða skal allir á í""",
        "fi": """
            ja ei se että joka ovat niin mutta tämä kun jos siis myös kuin meillä hän
            kuinka monta ole voi pitää sitten koska jokainen yhteensä saadaan tai hänen
            sen eikä olla kaikki mukaan kanssa häntä niiden tämän mitään sekä kuten
            jonka yksi kaksi kolme sitä siitä näin täytyy vain jälkeen ennen joiden
            joten molemmat vielä tässä kaikkien siksi hyvin""",
        "et": """
            ja ei et kui mis siis ka aga või seda kuidas mitu iga saame ole selle kokku tema tuleb
            oma ning kes peab kõik nende mille mida olema kaks kolm üks meil sest ainult võib ega
            ilma pärast enne seega nii kuni""",
        "hu": """
            az és hogy nem egy van ez meg ha akkor de mert vagy minden hány kell lesz
            volt tehát így ezért csak még mint ki sem amely mindenki senki ezt annak
            ennek olyan amelyek között alapján ahol aki azt két három lehet mivel
            illetve által itt ott újra hogyan mindkettő nincs ebben abban""",
        "pl": """
            na nie się jest że jak ale więc tak czy od po są dla ma tym który która
            które każdy ile mamy jeśli oraz przez ponieważ musimy razem lub jego ich być
            za teraz wszyscy jej tej tego bez przy między tylko już dwa trzy musi może
            według gdzie co kto których ani przed także również ze to jeszcze obie oba
            tutaj zatem wszystko było""",
        "cs": """
            je se že na si jsou jako ale tak pro který která které každý kolik máme
            pokud nebo jsme tedy když není protože musíme aby ve ze má jeho od být za
            všichni její jejich tento tato bez při proti mezi jen už dva musí může podle
            kde co kdo kterých ani tím této to ještě znovu zde obě mít lze takže přes
            než však proč tady""",
        "sk": """
            je sa že na sú ako ale tak pre ktorý ktorá ktoré každý koľko máme ak alebo
            sme teda keď nie pretože musíme aby vo zo má jeho od byť za všetci jej ich
            tento táto bez pri proti medzi len už dva musí môže podľa kde čo kto ktorých
            ani tým tejto to ešte znovu tu obe takže však prečo než""",
        "sl": """
            je se da na za ki pa ni ne ali če tako kot smo vsak koliko imamo torej ker moramo tudi
            bi lahko samo ima pri njegove iz vsi njihov ta biti brez proti med že dva tri mora kjer
            kdo katerih niti kakor pred kar ter""",
        "hr": """
            je da se na su za koji koja koje nije ne ili ako tako kao smo svaki koliko imamo dakle
            jer moramo također što ali sve bi od ima njegove iz biti svi njihov ovaj ova bez protiv
            između već dva tri mora može prema gdje tko kojih niti prije bilo nego kako""",
        "lt": """
            ir kad yra iš tai su ne kaip jei tada kiek kiekvienas turi mes taip pat nes reikia arba
            jis buvo už į jo dėl būti visų""",
        "lv": """
            ir un ka tas ar kā ja tad cik katrs mums arī jo vai nav par kas lai tiek šis viņa uz
            visu""",
        "sq": """
            është dhe të në që një për nga nuk ka si janë por nëse çdo sa kemi pra sepse kjo ky tij
            ose duhet ai""",
        "tr": """
            bir ve bu için ile de da olarak ne kadar olan daha çok eğer ise değil gibi
            sonra toplam kaç ama olur göre şimdi veya ya kendi olduğunu ki ancak hiçbir
            bütün tüm onun biz yani önce sadece çünkü şu ederiz üzere karşı bunu bunun
            böyle tekrar burada başka her böylece hep ikisi üç""",
        "az": """
            bir və bu üçün ilə ki olan daha çox əgər isə hər deyil kimi sonra neçə amma olur öz ya
            da""",
        "vi": """
            là của và có không một cho được các trong này với những để người khi đã thì
            mà như từ nếu vậy ta chúng mỗi bao nhiêu tổng số phải cũng hai ba mọi đều về
            tôi bạn vào thể đó đây làm nó họ theo trên dưới sau trước nên bởi vì nào gì
            thế rằng sẽ đang mình hoặc hơn nhau giữa cả cần chỉ còn lại tất bất kỳ việc
            cùng đúng sai hết đến ở chưa ai sao thôi kết""",
        "id": """
            yang dan dengan untuk adalah ini dari tidak itu pada dalam kita jadi akan
            setiap berapa juga atau karena maka jika ada ke di oleh sudah harus bisa
            dapat lagi sama kedua keduanya tetapi lalu sini saya anda mereka semua
            sebuah""",
        "tl": """
            ang ng sa mga na ay ito kung hindi siya niya natin ilang para bawat dahil ngunit kaya
            isang lahat kanyang""",
        "sw": """
            na ya wa kwa ni katika kuwa hii hiyo kama la za cha au lakini kila ngapi tuna pia ili
            basi hivyo ambayo yake wote""",
        "eu": """
            eta da ez dira duen hau zen egin baina ere izan dugu behar zenbat bakoitzak beraz du
            dute edo guztiek bere guztiak horren zein beste izango bi hiru orduan gabe hori horrek
            dituen baita""",
        "cy": """
            yn ac mae ei wedi ar gan nid yw bod yr sydd felly hefyd oedd neu""",
        "ga": """
            agus tá na ar ní bhfuil le atá seo gach má ach mar nó aige chun""",
        "uz": """
            va bilan uchun bu bir emas agar har necha edi lekin shu qancha yoki""",
    }.items()
}

_ELSEWHERE_TOO = frozenset("to is was we are so by her".split())
"""English words that are words of other languages, too: Dutch `we`, Danish
`to`, Romanian `are`"""

COMMON = frozenset({"en", "fr", "de", "es", "it", "pt"})
"""languages that most texts are in"""

# words of other languages that stand in English texts, too: in names, Latin, code, units
_ANYWHERE = frozenset(
    """
    ac al amb ang ar aux az ba bi ci com con da de deci del den di dos du en er et eta ett ha
    han hay hun ja jen jo kan ke ky lo mai mes molt ne ng ni nie non nu om os par pas por pro sa
    se sen ser si sig sus ta tad ter til tot tri um un una va van ve vi von ya za
    """.split()
)


@lru_cache(maxsize=64)
def telltale_words(target: str) -> frozenset[str]:
    """Words that betray prose in another of these languages in a text of this one: to English all
    others are foreign, while those have many words in common."""
    of_others = [words for language, words in FUNCTION_WORDS.items() if language not in kin(target)]
    if target != "en":
        of_others = [own_words(language) for language in COMMON - kin(target)]
    words = frozenset().union(*of_others) - FUNCTION_WORDS.get(target, frozenset())
    return frozenset(word for word in words - _ANYWHERE if len(word) > 1)


ENGLISH_IN_OTHER_SCRIPT = sorted(
    {
        spelled
        for word in f"{ENGLISH} okay hmm alternatively actually maybe hold sure".split()
        for spelled in (word, word.capitalize())
        if len(word) > 1
    }
)
"""what betrays English prose in a text in a script of its own"""

KIN = [
    {"da", "no"},
    {"cs", "sk"},
    {"hr", "sl"},
    {"nl", "af"},
    {"tr", "az"},
    {"gl", "es"},
    {"gl", "pt"},
]
"""languages that the small words of one sentence do not tell apart"""


@lru_cache(maxsize=64)
def kin(language: str) -> frozenset[str]:
    """The language, and those that it is not told apart from."""
    return frozenset({language}.union(*(some for some in KIN if language in some)))


@lru_cache(maxsize=64)
def english_words(target: str) -> frozenset[str]:
    """English small words that are none of the language's."""
    return FUNCTION_WORDS["en"] - _ELSEWHERE_TOO - FUNCTION_WORDS.get(target, frozenset())


@lru_cache(maxsize=64)
def own_words(language: str) -> frozenset[str]:
    """Its small words that only its kin share."""
    words = FUNCTION_WORDS.get(language, frozenset()) - _ELSEWHERE_TOO
    return frozenset(word for word in words if languages_of(word) <= kin(language))


# French and Italian words that lose their vowel: c'est, l'eau, dell'acqua
ELIDED = r"(?:[cdjlmnstCDJLMNST]|[qQ]u|[dDnN]ell|[aA]ll|[uU]n)['’]"
_NONE: frozenset[str] = frozenset()
_LANGUAGES: dict[str, frozenset[str]] = {
    word: frozenset(code for code, words in FUNCTION_WORDS.items() if word in words)
    for word in frozenset().union(*FUNCTION_WORDS.values())
}


def languages_of(word: str) -> frozenset[str]:
    """The languages whose function word this is."""
    if word[-1] in "'’":
        return frozenset({"fr", "it"})
    return _LANGUAGES.get(word.lower(), _NONE)


def commonest(hits: Mapping[str, int]) -> str:
    """The language with the most hits; of equals the one that stands first in the table."""
    return max((code for code in FUNCTION_WORDS if code in hits), key=lambda code: hits[code])
