"""What the JSON API says, Chinese and English side by side; `{name}` is filled from the values."""

from typing import Final

#: name of the problem -> (title), (detail), each (zh, en)
PROBLEMS: Final[dict[str, tuple[tuple[str, str], tuple[str, str]]]] = {
    "invalid": (
        ("填写有误", "Something is filled in wrongly"),
        (
            "什么也没有保存。请按 errors 逐项更正后再发送。",
            "Nothing was kept. Put right what `errors` names and send it again.",
        ),
    ),
    "malformed": (
        ("内容无法读取", "The content can't be read"),
        ("什么也没有保存。请发送 UTF-8 编码的 JSON。", "Nothing was kept. Send JSON in UTF-8."),
    ),
    "wrong-type": (
        ("内容类型不对", "Wrong content type"),
        ("请用 Content-Type: application/json 发送。", "Send it with Content-Type: application/json."),
    ),
    "too-big": (
        ("内容太大", "The content is too big"),
        ("请缩短后再发送。", "Shorten it and send it again."),
    ),
    "key-missing": (
        ("缺少 Idempotency-Key", "Idempotency-Key is missing"),
        (
            "每次提交要带一个新的 Idempotency-Key（例如 UUID），重试时用同一个，这样不会重复登记。",
            "Send a fresh Idempotency-Key (a UUID) with each submission and the same one with each retry.",
        ),
    ),
    "key-reused": (
        ("Idempotency-Key 已用于别的内容", "The Idempotency-Key belongs to another request"),
        ("新的内容请用新的 Idempotency-Key。", "Use a new Idempotency-Key for a new request."),
    ),
    "refused": (
        ("现在还不能这样做", "This can't be done now"),
        (
            "什么也没有改变。errors 列出了缺少的每一项和依据。",
            "Nothing changed. `errors` names everything that is missing, with its source.",
        ),
    ),
    "changed": (
        ("事项已经有变化", "The matter has changed"),
        (
            "您看过之后别人已经办了一步，见 since。请重新读取再决定。",
            "Somebody acted after you looked; see `since`. Read it again and decide again.",
        ),
    ),
    "conflict": (
        ("同时有人在改", "Somebody else wrote at the same time"),
        ("什么也没有保存。请再试一次。", "Nothing was kept. Try again."),
    ),
    "denied": (
        ("您的岗位不能这样做", "Your seat may not do this"),
        (
            "请由有权的岗位来办，或换一个岗位（X-Huajie-Seat）。",
            "Leave it to a seat that may, or act from another seat of yours (X-Huajie-Seat).",
        ),
    ),
    "not-seated": (
        ("您不在这个岗位", "You do not sit there"),
        ("请换一个您现在任职的岗位。", "Name a seat that you hold or cover now."),
    ),
    "not-found": (
        ("没有找到", "Not found"),
        ("没有，或者您不能查看。", "There is none, or none that you may see."),
    ),
    "not-allowed": (
        ("不支持这种请求方法", "Method not allowed"),
        ("请用 Allow 里列出的方法。", "Use a method that Allow names."),
    ),
    "unauthorized": (
        ("请先登录", "Sign in first"),
        (
            "请在 Authorization 里带上有效的令牌或查询密码。",
            "Send a working token, or the matter's secret, in Authorization.",
        ),
    ),
    "sign-in-wrong": (
        ("用户名或密码不对", "Wrong name or password"),
        ("请核对后再试。", "Check both and try again."),
    ),
    "sign-in-factor": (
        ("需要动态码", "A code is needed, or this one is wrong"),
        (
            "请在 code 中填写验证器显示的六位数，或一个恢复码。",
            "Put the six figures of your application, or a recovery code, into code.",
        ),
    ),
    "sign-in-factor-needed": (
        ("这个岗位要求第二重验证", "This seat asks for a second factor"),
        (
            "请先在办公台的“我的登录”中设置验证器，再带 code 申请。",
            "Set up an application with codes under My sign-in at the desk, then ask again with code.",
        ),
    ),
    "sign-in-wait": (
        ("请稍后再试", "Wait a little"),
        ("错误次数较多，稍等再试。", "There were several wrong passwords; wait and try again."),
    ),
    "sign-in-off": (
        ("账号已停用", "The account is off"),
        ("请联系管理员。", "Ask an administrator."),
    ),
    "sign-in-elsewhere": (
        ("演示账号只能在本机使用", "Demo accounts work on this machine only"),
        ("演示密码是公开的，请用自己的账号。", "Demo passwords are printed; use an account of your own."),
    ),
    "throttled": (
        ("请求太频繁", "Too many requests"),
        ("请等 {seconds} 秒再试。", "Wait {seconds} seconds and try again."),
    ),
    "file-away": (
        ("暂时不能收文件", "No file can be taken now"),
        (
            "病毒扫描没有回应，文件没有保存。请稍后再发送，或先不带文件提交。",
            "The virus scanner does not answer; nothing was kept. Send it again later, or submit without the file.",
        ),
    ),
    "file-full": (
        ("暂时不能收文件", "No file can be taken now"),
        (
            "服务器没有空间存放文件，文件没有保存。请稍后再发送，或先不带文件提交。",
            "The server has no room for files; nothing was kept. Send it again later, or submit without the file.",
        ),
    ),
    "storage-full": (
        ("暂时不能保存", "Nothing can be kept now"),
        (
            "服务器磁盘已满，您的内容没有保存。请稍后用同一个 Idempotency-Key 再发送。",
            "The server's disk is full; nothing of yours was kept. Send it again later under the same Idempotency-Key.",
        ),
    ),
    "database-away": (
        ("暂时不能保存或读取", "Nothing can be kept or read now"),
        (
            "数据库暂时没有回应。请稍后再试，重试时用同一个 Idempotency-Key。",
            "The database does not answer. Try again shortly, under the same Idempotency-Key.",
        ),
    ),
    "database-failed": (
        ("服务器出错", "The server failed"),
        ("什么也没有保存。请联系管理员。", "Nothing was kept. Tell an administrator."),
    ),
    "failed": (
        ("服务器出错", "The server failed"),
        ("什么也没有保存。请联系管理员。", "Nothing was kept. Tell an administrator."),
    ),
}

#: code of an error -> (zh, en): names the field and says what to do. The second half are pydantic's own codes.
ADVICE: Final[dict[str, tuple[str, str]]] = {
    "invalid": ("{field}：请按接口说明更正", "{field}: put it right by the description of the API"),
    "malformed": ("{field}：请发送 UTF-8 编码的 JSON 对象", "{field}: send a JSON object in UTF-8"),
    "not-utf-8": ("{field}：不是 UTF-8 编码，请改用 UTF-8", "{field}: is not UTF-8; encode it as UTF-8"),
    "too-deep": ("{field}：嵌套太深，请简化", "{field}: is nested too deeply; make it flatter"),
    "not-a-number": (
        "{field}：JSON 里没有 NaN 和 Infinity，请去掉",
        "{field}: JSON has no NaN or Infinity; leave them out",
    ),
    "huge-number": ("{field}：数字太长，请缩短", "{field}: a number is too long; shorten it"),
    "bad-character": (
        "{field}：含有不能保存的字符（空字符或不成对的代理字符），请删除",
        "{field}: holds a character that can't be kept (NUL or half a surrogate pair); remove it",
    ),
    "double-key": ("{field}：同一个名字出现了两次，请只留一个", "{field}: stands there twice; keep one"),
    "wrong-type": ("{field}：请写 application/json", "{field}: write application/json"),
    "too-big": ("{field}：最多 {kib} KiB，请缩短", "{field}: at most {kib} KiB; shorten it"),
    "key-missing": ("{field}：请带上，例如一个 UUID", "{field}: send one, a UUID for example"),
    "key-invalid": ("{field}：1 到 200 个可见 ASCII 字符", "{field}: 1 to 200 visible ASCII characters"),
    "key-reused": ("{field}：新的内容请换一个", "{field}: use another one for another content"),
    "changed": (
        "{field}：您看到 {seen} 条记录，现在有 {n} 条；请重新读取，再用 {n} 发送",
        "{field}: you had seen {seen} entries, there are {n}; read the matter again and send {n}",
    ),
    "conflict": ("{field}：请再试一次", "{field}: try again"),
    "denied": (
        "{field}：您现在的岗位不能这样做；请由有权的岗位来办",
        "{field}: your seat may not do this; leave it to one that may",
    ),
    "not-seated": (
        "{field}：您现在不在这个岗位；请写您任职的岗位",
        "{field}: you do not sit there now; name a seat of yours",
    ),
    "not-found": ("{field}：请核对编号和查询密码", "{field}: check the number and, for residents, the secret"),
    "unknown-act": (
        "{field}：这个程序没有这一步；可做的步骤见 acts",
        "{field}: this procedure has no such act; see the list of acts",
    ),
    "no-such-path": (
        "{field}：没有这个地址；请看 /api/v1/openapi.json",
        "{field}: there is no such address; see /api/v1/openapi.json",
    ),
    "no-such-clock": (
        "{field}：这个事项没有这个期限；请用 clocks 里的 key",
        "{field}: the matter has no such clock; use a key of its clocks",
    ),
    "no-such-pack": ("{field}：没有这个程序；请看 /api/v1/packs", "{field}: there is no such pack; see /api/v1/packs"),
    "no-such-calendar": (
        "{field}：没有这个日历；请看 /api/v1/calendars",
        "{field}: there is no such calendar; see /api/v1/calendars",
    ),
    "unknown-pack": (
        "{field}：没有这个程序；可用的见 /api/v1/packs",
        "{field}: no such pack is in force; /api/v1/packs lists them",
    ),
    "unknown-topic": (
        "{field}：没有这个类别，或已停用；可用的见 /api/v1/topics",
        "{field}: no such topic is in use; /api/v1/topics lists them",
    ),
    "unknown-region": (
        "{field}：没有这个区域，或已停用；可用的见 /api/v1/regions",
        "{field}: no such region is in use; /api/v1/regions lists them",
    ),
    "unknown-unit": (
        "{field}：没有这个单位；可用的见 /api/v1/units",
        "{field}: there is no such unit; /api/v1/units lists them",
    ),
    "region-or-point": ("{field}：请写 region，或同时写 lon 和 lat", "{field}: give region, or both lon and lat"),
    "point-outside": (
        "{field}：这个地点不在本地任何区域内；请改写 region",
        "{field}: no region of ours holds this place; give region instead",
    ),
    "point-pair": ("{field}：lon 和 lat 要一起写", "{field}: lon and lat go together"),
    "contact-anonymous": (
        "{field}：匿名提交时请不要留联系方式，或改用 confidential",
        "{field}: leave it out when mode is anonymous, or choose confidential",
    ),
    "contact-empty": (
        "{field}：请至少写一项，或不要写 contact",
        "{field}: fill in at least one member, or leave contact out",
    ),
    "news-way": (
        "{field}：本系统不用这种方式告知，请换一种，或不要写",
        "{field}: this server tells nobody this way; choose another, or leave it out",
    ),
    "news-missing": (
        "{field}：请同时写上这种方式用的地址：email、phone 或 address",
        "{field}: give the address that this way needs as well: email, phone or address",
    ),
    "news-address": (
        "{field}：这种方式用的地址写得不对，请改正 email 或 phone",
        "{field}: what this way needs is no address; put email or phone right",
    ),
    "contact-not-taken": ("{field}：这一步不收联系方式，请去掉", "{field}: this step takes no contact; leave it out"),
    "mode-not-taken": ("{field}：这类事项可用：{choices}", "{field}: this kind of matter takes: {choices}"),
    "not-joint": (
        "{field}：只有联名的事项才有代表，请列出其他参与人",
        "{field}: spokespersons are for a joint matter; list the other participants",
    ),
    "read-back": (
        "{field}：本人看不了，请念给本人听并确认",
        "{field}: they can't read it; read it back to them and have it confirmed",
    ),
    "channel-not-taken": ("{field}：这类事项可用：{choices}", "{field}: this kind of matter takes: {choices}"),
    "text-too-long": (
        "{field}：最多 {max_length} 个字，请缩短",
        "{field}: at most {max_length} characters; shorten it",
    ),
    "text-empty": ("{field}：不能为空，请填写", "{field}: is empty; fill it in"),
    "text-not-file": (
        '{field}：请写 {{"uploads": [...]}}，其中每项是 POST /uploads 返回的 upload',
        '{field}: give {{"uploads": [...]}}, each as POST /uploads returned it',
    ),
    "wrong-form": (
        "{field}：请用 multipart/form-data 发送一个名为 file 的文件",
        "{field}: send one file named `file` as multipart/form-data",
    ),
    "file-one": ("{field}：一次请发送一个名为 file 的文件", "{field}: send exactly one file named `file`"),
    "file-twice": ("{field}：同一个上传写了两次，请只留一处", "{field}: names the same upload twice; keep one"),
    "file-empty": ("{field}：文件是空的，请换一个", "{field}: is empty; send another"),
    "file-type": ("{field}：不收这种文件。可以发送：{accepted}", "{field}: is not taken. Taken are: {accepted}"),
    "file-mixed": (
        "{field}：一个文件同时是两种文件，不收。可以发送：{accepted}",
        "{field}: is two kinds of file at once and not taken. Taken are: {accepted}",
    ),
    "file-name": (
        "{field}：文件内容与名称（.{end}）不符。可以发送：{accepted}",
        "{field}: is not what its name says (.{end}). Taken are: {accepted}",
    ),
    "file-damaged": (
        "{field}：文件已损坏，无法读取，请重新发送原文件",
        "{field}: is damaged and can't be read; send it from where it was made",
    ),
    "file-pixels": (
        "{field}：照片超过 {most} 百万像素，请缩小",
        "{field}: has more than {most} million pixels; make it smaller",
    ),
    "file-size": ("{field}：大于 {most} MB，请换小一些的", "{field}: is larger than {most} MB; send a smaller one"),
    "file-count": ("{field}：一次最多 {most} 个文件", "{field}: at most {most} files at a time"),
    "file-total": (
        "{field}：一个事项的文件合计最多 {most} MB",
        "{field}: all files of one matter together are at most {most} MB",
    ),
    "file-infected": (
        "{field}：病毒扫描发现问题，文件没有保存",
        "{field}: the virus scanner found something; it was not kept",
    ),
    "file-over": (
        "{field}：先前发送的文件已不再保存，请重新发送",
        "{field}: what was sent before is no longer kept; send it again",
    ),
    "file-away": (
        "{field}：病毒扫描没有回应，请 {seconds} 秒后再试",
        "{field}: the virus scanner does not answer; try again in {seconds} seconds",
    ),
    "file-full": (
        "{field}：现在没有空间存放文件，请 {seconds} 秒后再试",
        "{field}: there is no room for files; try again in {seconds} seconds",
    ),
    "text-not-point": ('{field}：请写 {{"lon", "lat"}}', '{field}: give {{"lon", "lat"}}'),
    "text-not-text": ("{field}：请写文字", "{field}: give a text"),
    "is-a-text": ("{field}：请放在 texts 里", "{field}: belongs under `texts`"),
    "is-a-fact": ("{field}：请放在 facts 里", "{field}: belongs under `facts`"),
    "is-contact": ("{field}：请用 contact 填写", "{field}: belongs in `contact`"),
    "given-twice": ("{field}：写了两次，请只留一处", "{field}: is given twice; keep one"),
    "matter-unknown": (
        "{field}：没有这个编号的事项，或您不能查看",
        "{field}: no matter has this number, or none that you may see",
    ),
    "no-owner": ("{field}：没有不涉及此事的单位；请减少所列单位", "{field}: every unit is concerned; name fewer"),
    "bad-cursor": (
        "{field}：不是本接口给出的页码；请从第一页开始",
        "{field}: was not given out by us; start from the first page",
    ),
    "unknown-parameter": ("{field}：没有这个参数；请去掉", "{field}: there is no such parameter; leave it out"),
    "query-too-long": (
        "{field}：最多 {max_length} 个字，请缩短",
        "{field}: at most {max_length} characters; shorten it",
    ),
    "future": ("{field}：不能在将来，请更正", "{field}: is in the future; put it right"),
    "not-allowed": ("{field}：请用 {allowed}", "{field}: use {allowed}"),
    "unauthorized": (
        "{field}：请写 Bearer 加空格加令牌（或查询密码）",
        "{field}: write Bearer, a space and a working token (or the secret)",
    ),
    "sign-in-wrong": ("{field}：请核对用户名和密码", "{field}: check name and password"),
    "sign-in-factor": (
        "{field}：请填写动态码或恢复码",
        "{field}: give the code of your application, or a recovery code",
    ),
    "sign-in-factor-needed": (
        "{field}：请先设置第二重验证",
        "{field}: set up a second factor first",
    ),
    "sign-in-wait": ("{field}：请等到 {until} 再试", "{field}: try again after {until}"),
    "sign-in-off": ("{field}：账号已停用，请联系管理员", "{field}: the account is off; ask an administrator"),
    "sign-in-elsewhere": (
        "{field}：演示账号只能在本机登录，请用自己的账号",
        "{field}: demo accounts sign in on this machine only; use your own",
    ),
    "throttled": ("{field}：请等 {seconds} 秒再试", "{field}: wait {seconds} seconds and try again"),
    "storage-full": (
        "{field}：没有保存；请在 {seconds} 秒后再试",
        "{field}: was not kept; try again in {seconds} seconds",
    ),
    "database-away": (
        "{field}：没有保存；请在 {seconds} 秒后再试",
        "{field}: was not kept; try again in {seconds} seconds",
    ),
    "database-failed": (
        "{field}：没有保存；请把编号 {request} 告诉管理员",
        "{field}: was not kept; tell an administrator the number {request}",
    ),
    "failed": (
        "{field}：没有保存；请把编号 {request} 告诉管理员",
        "{field}: was not kept; tell an administrator the number {request}",
    ),
    # pydantic
    "missing": ("{field}：必须填写", "{field}: is required; fill it in"),
    "extra_forbidden": ("{field}：没有这一项，请去掉", "{field}: there is no such member; leave it out"),
    "string_type": ("{field}：请写文字", "{field}: give a text"),
    "string_unicode": (
        "{field}：含有不能保存的字符，请删除",
        "{field}: holds a character that can't be kept; remove it",
    ),
    "string_too_long": (
        "{field}：最多 {max_length} 个字，请缩短",
        "{field}: at most {max_length} characters; shorten it",
    ),
    "string_too_short": (
        "{field}：至少 {min_length} 个字，请补充",
        "{field}: at least {min_length} characters; say more",
    ),
    "string_pattern_mismatch": ("{field}：写法不对，应符合 {pattern}", "{field}: is not of the form {pattern}"),
    "int_type": ("{field}：请写整数", "{field}: give a whole number"),
    "int_parsing": ("{field}：请写整数", "{field}: give a whole number"),
    "int_parsing_size": ("{field}：数字太长，请缩短", "{field}: the number is too long; shorten it"),
    "int_from_float": ("{field}：请写整数", "{field}: give a whole number"),
    "float_type": ("{field}：请写数字", "{field}: give a number"),
    "float_parsing": ("{field}：请写数字", "{field}: give a number"),
    "finite_number": ("{field}：请写有限的数字", "{field}: give a finite number"),
    "greater_than_equal": ("{field}：最小是 {ge}", "{field}: is at least {ge}"),
    "less_than_equal": ("{field}：最大是 {le}", "{field}: is at most {le}"),
    "bool_type": ("{field}：请写 true 或 false", "{field}: give true or false"),
    "bool_parsing": ("{field}：请写 true 或 false", "{field}: give true or false"),
    "literal_error": ("{field}：只能是 {expected}", "{field}: is one of {expected}"),
    "enum": ("{field}：只能是 {expected}", "{field}: is one of {expected}"),
    "dict_type": ("{field}：请写 JSON 对象", "{field}: give a JSON object"),
    "list_type": ("{field}：请写 JSON 数组", "{field}: give a JSON array"),
    "model_type": ("{field}：请写 JSON 对象", "{field}: give a JSON object"),
    "model_attributes_type": ("{field}：请写 JSON 对象", "{field}: give a JSON object"),
    "too_long": ("{field}：最多 {max_length} 项，请减少", "{field}: at most {max_length} items; send fewer"),
    "too_short": ("{field}：至少 {min_length} 项，请补充", "{field}: at least {min_length} items; add some"),
    "datetime_type": (
        "{field}：请写带时区的时间，例如 2026-11-23T09:30:00+08:00",
        "{field}: give a moment with its zone, such as 2026-11-23T09:30:00+08:00",
    ),
    "datetime_parsing": (
        "{field}：请写带时区的时间，例如 2026-11-23T09:30:00+08:00",
        "{field}: give a moment with its zone, such as 2026-11-23T09:30:00+08:00",
    ),
    "datetime_from_date_parsing": (
        "{field}：请写带时区的时间，例如 2026-11-23T09:30:00+08:00",
        "{field}: give a moment with its zone, such as 2026-11-23T09:30:00+08:00",
    ),
    "datetime_object_invalid": (
        "{field}：请写带时区的时间，例如 2026-11-23T09:30:00+08:00",
        "{field}: give a moment with its zone, such as 2026-11-23T09:30:00+08:00",
    ),
    "timezone_aware": (
        "{field}：请写带时区的时间，例如 2026-11-23T09:30:00+08:00",
        "{field}: give a moment with its zone, such as 2026-11-23T09:30:00+08:00",
    ),
    "fact_type": (
        "{field}：请写短文字、数字、true/false 或短文字的数组",
        "{field}: give a short text, a number, true or false, or a list of short texts",
    ),
    "text_type": ("{field}：请写文字、地点或文件", "{field}: give a text, a place or a file"),
    "value_error": ("{field}：请按接口说明更正", "{field}: put it right by the description of the API"),
}

#: codes of core/jurisdiction Fault
CHANGE_FAULTS: Final[dict[str, tuple[str, str]]] = {
    "unknown": ("没有这一项或没有这个代码，请核对", "there is no such member or code; check it"),
    "missing": ("必须填写", "is required; fill it in"),
    "invalid": ("写法不对，请按接口说明更正", "is not of the right form; see the description of the API"),
    "exists": ("已经存在，请换一个代码", "exists already; use another code"),
    "needs-cover": ("这个岗位有事在等，请写明谁来代", "others wait for this seat; name who covers it"),
    "closed": ("已经停用，请换一个在用的", "is closed; name one in use"),
    "cycle": ("上下级绕成了圈，请更正上级", "the line of parents goes round in a circle; put the parent right"),
    "vacant": ("岗位没有人，请同时安排任职", "nobody would sit there; post somebody in the same change"),
    "overlap": ("同一岗位两人同时任职，请先结束一个", "two hold the seat at once; end one posting first"),
    "cannot-decide": ("这个单位无权决定，不能承办", "this unit can't decide, so it can't lead; choose one that can"),
    "not-lead-capable": (
        "这个岗位不能承办，请换一个承办或负责岗位",
        "this seat can't lead; name one that handles or heads",
    ),
    "not-sponsor-capable": (
        "这个岗位不能包案，而它接续的岗位有包案，请换一个能包案的岗位",
        "this seat can't sponsor, and the one it goes on for does; name one that can",
    ),
    "needs-successor": ("请写明由谁接续", "name a working successor"),
    "open-matters": ("还有未结事项，请写明接续的岗位", "still answers for open matters; name a successor"),
    "not-started": ("还没有开始，不能这样结束", "has not begun; it can't end before"),
    "ended": ("已经结束", "has ended already"),
    "no-unit": ("请写明单位", "name the unit"),
    "seat-elsewhere": ("岗位属于别的单位，请核对", "the seat belongs to another unit; check it"),
}

#: codes of core/jurisdiction Step
ROUTING_STEPS: Final[dict[str, tuple[str, str]]] = {
    "chosen": ("由这条规则决定，交 {unit} 的 {seat}", "this rule decides: {unit}, seat {seat}"),
    "ended": ("已经失效", "no longer in force"),
    "not-yet": ("还没有生效", "not yet in force"),
    "power": ("只能{power}，不能承办", "has only the power to {power}"),
    "pack": ("只用于程序 {pack}", "is made for the pack {pack}"),
    "topic": ("不管这个类别", "does not cover the topic"),
    "region": ("不管这个区域", "does not cover the region"),
    "less-specific-topic": ("{against} 的类别更具体", "{against} names a more specific topic"),
    "less-specific-region": ("{against} 的区域更具体", "{against} names a more specific region"),
    "less-specific-pack": ("{against} 是为这个程序写的", "{against} is made for this pack"),
    "lower-priority": ("{against} 优先", "{against} has the higher priority"),
    "later-code": ("条件相同，按代码先后取 {against}", "all else equal, {against} comes first by its code"),
    "unit-closed": ("单位 {unit} 已撤销", "the unit {unit} is closed"),
    "unit-cannot-decide": ("单位 {unit} 无权决定", "the unit {unit} can't decide"),
    "concerned": ("单位 {unit} 与此事有关，要回避", "the unit {unit} is concerned and stands aside"),
    "no-seat": ("单位 {unit} 没有可承办的在岗人员", "nobody in {unit} sits on a seat that can lead"),
    "raised": ("提级到 {to} 的 {seat}", "goes up to {to}, seat {seat}"),
    "no-rule": ("没有规则适用", "no rule matched"),
    "intake-queue": ("进入待分派队列：{unit} 的 {seat}", "waits in the queue of {unit}, seat {seat}"),
    "backstop": ("由兜底单位承办：{unit} 的 {seat}", "goes to the backstop: {unit}, seat {seat}"),
    "anybody-left": (
        "由还能承办的单位承办：{unit} 的 {seat}",
        "goes to the one unit left that can: {unit}, seat {seat}",
    ),
}

#: what a rule lets a unit do, besides deciding
POWERS: Final[dict[str, tuple[str, str]]] = {
    "decide": ("决定", "decide"),
    "assist": ("协助", "assist"),
    "report": ("报告", "report"),
}

#: codes of core/clocks Line: how one day was counted
COUNTING: Final[dict[str, tuple[str, str]]] = {
    "start": ("从这天起算（当天不计）", "the event; counting begins after it"),
    "corresponding": ("按对应日计算，共 {number} 天", "ends on the corresponding day, {number} days"),
    "counted": ("第 {number} 天", "day {number}"),
    "weekend": ("周末，不计", "weekend, not counted"),
    "holiday": ("{name}，不计", "{name}, not counted"),
    "excluded": ("扣除：{name}", "left out: {name}"),
    "rolled": ("最后一天不是工作日，顺延", "the last day is no working day, so it goes on"),
    "least": ("期限内的第 {number} 个工作日", "working day {number} within the period"),
    "open": ("办公 {minutes} 分钟", "office open: {minutes} minutes"),
    "unpublished": (
        "{number} 年的放假安排尚未公布，日期可能调整",
        "the working days of {number} are not published yet; the date may move",
    ),
    "due": ("最后一天", "the last day"),
}
