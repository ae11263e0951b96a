"""Words that say nothing of what people wrote about: articles, pronouns, little verbs, by language (ISO 639-1)."""


def listed(words: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(words.split())


STOP_WORDS = {
    "en": listed("""
        a about above after again all also always am an and any are as at back be because been before being
        below between both but by can can't could couldn't did didn't do does doesn't doing don don't down
        during each even every few for from further get go going good got had has have having he her here hers
        him his how i i'd i'll i'm i've if in into is isn't it it's its itself just know less let like lot made
        make many may me might more most much must my myself need no nor not now of off on once one only or
        other our ours out over own really said same see she should since so some something still such take than
        that that's the their theirs them then there there's these they they're thing things think this those
        through to too under until up upon us very want was wasn't way we we're well were what when where which
        while who whom why will with without won't would yes yet you you're your yours
    """),
    "fr": listed("""
        a ai ainsi alors au aucun aussi autre aux avant avec avoir c'est ce cela ces cet cette ceux chaque chez
        comme comment d'un d'une dans de depuis des donc du elle elles en encore entre est et eu faire fait il
        ils j'ai je jusque l'on la le les leur leurs lui mais me mes moi moins mon même n'est ne ni nos notre
        nous on ont ou où par parce pas peu peut plus pour pourquoi qu'il qu'on quand que quel quelle qui sa
        sans se ses si son sont sous sur ta te tes toi ton tous tout toute toutes très tu un une vos votre vous
        y était être
    """),
    "es": listed("""
        a al algo algunos ante antes aquí así aunque bien cada como con cual cuando de del desde donde dos
        durante e el ella ellas ellos en entre era eran es esa ese eso esta estas este esto estos está están fue
        ha hace han hasta hay he la las le les lo los me mi mis mucho muy más nada ni no nos nosotros o os otra
        otro para pero poco por porque puede que quien qué se sea ser si sin sobre son su sus sí también tan
        tanto te tengo tiene todo todos tu un una uno unos y ya yo
    """),
    "de": listed("""
        aber alle als also am an auch auf aus bei beim bin bis da damit dann das dass dem den denn der des dich
        die dies diese dieser dieses dir doch du durch ein eine einem einen einer eines er es etwas für gegen
        hab habe haben hat hatte hier ich ihm ihn ihr ihre im in ist ja jede jetzt kann kein keine können man
        mehr mein meine mich mir mit muss nach nicht nichts noch nun nur ob oder ohne sehr sein seine sich sie
        sind so um und uns unser unter viel vom von vor war waren was weil wenn werden wie wieder wir wird wo
        wurde zu zum zur über
    """),
    "it": listed("""
        a ad agli ai al alla alle anche ancora avere c'è che chi ci come con cosa così cui da dal dalla degli
        dei del della delle di dove due e ed era essere fa fare fra gli ha hanno ho i il in io la le lei li lo
        loro lui ma me mi mia mio molto ne nei nel nella no noi non nostro o ogni per perché più poi può quale
        quando quello questa questi questo qui se sei si sia sono sta su sua sul sulla suo tra tutti tutto un
        una uno vi è
    """),
    "pt": listed("""
        a ainda ao aos as até com como da das de dela dele depois do dos e ela elas ele eles em entre era essa
        esse esta este está eu foi há isso isto já lhe mais mas me mesmo meu minha muito na nas nem no nos nossa
        num não nós o os ou para pela pelo por porque quando que quem se sem ser seu seus sua suas só também te
        tem ter tudo um uma você vocês é
    """),
    "nl": listed("""
        aan al alles als altijd ben bij daar dan dat de der deze die dit doen door dus een en er ge geen had heb
        heeft hem het hier hij hoe hun iets ik in is ja je kan kunnen maar me meer men met mij mijn moet na naar
        niet niets nog nu of om omdat ons ook op over te tegen toch toen tot u uit van veel voor waar want waren
        was wat we wel werd wie wij worden zal ze zelf zich zij zijn zo zonder zou
    """),
}  # fmt: skip
