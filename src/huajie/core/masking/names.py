"""
Probable names: proposals to a person who knows the text, never taken out by themselves.

A Chinese name is a surname and one or two characters more. Most pairs of characters that begin with a surname are
ordinary words, so a name is proposed only where something beside it says that a person is meant: a title after it, a
word such as 我叫 or 诉称 around it.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

#: The commonest surnames, four fifths and more of the population, and those of two characters.
SURNAMES: Final = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾萧肖田董袁潘蔡蒋余于杜叶程魏"
    "苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付傅方邹熊白孟秦邱侯江尹薛闫阎雷段龙黎史陶贺毛郝顾龚"
    "邵万覃武钱戴严莫孔向常汤康易乔赖文施洪季辛柯"
    "童梅殷游左柳祝窦凌霍纪温庞樊葛邢安齐伍庄申欧路詹关苗盛倪尚颜骆麦翁耿桂焦聂柴裴包褚冉成牛车牟卜宁房曲单阮甘蓝岳"
)
_DOUBLE: Final = "欧阳|上官|司马|诸葛|东方|皇甫|尉迟|公孙|慕容|令狐|司徒|夏侯|端木"
_S = rf"(?:{_DOUBLE}|[{SURNAMES}])"
_HAN = "一-鿿"
_TITLES: Final = (
    "先生|女士|小姐|同志|师傅|老师|医生|大夫|主任|书记|局长|科长|队长|村长|镇长|乡长|所长|处长|经理|老板|律师|警官|"
    "大爷|大妈|大叔|大姐|大哥|阿姨|奶奶|爷爷"
)
_BEFORE: Final = (
    "我叫|我是|本人叫|名叫|叫做|姓名[:： ]?|联系人[:： ]?|投诉人[:： ]?|举报人[:： ]?|申请人[:： "
    "]?|信访人[:： ]?|当事人[:： ]?|户主[:： ]?|村民|居民|业主|"
    "邻居|工人|员工|职工|老人|我丈夫|我妻子|我父亲|我母亲|我儿子|我女儿|房东|房主|租客|患者|学生"
)
_AFTER: Final = (
    r"诉称|反映|投诉|举报|称其|自称|来电|来访|本人|等人|等[0-9一二三四五六七八九十]+人|[((](?:男|女|身份证|电话|手机)"
)
_STOP: Final = frozenset(
    "反映 问题 情况 小区 道路 村委 居委 公司 单位 物业 社区 房屋 工程 于是 任何 常常 高度 安全 方面 "
    "成为 白天 关于 关系 包括 余下 马上 向来 文件 方法 万元 "
    "路面 路灯 施工 严重 石头 金额 田地 成员 时候 代表 家里 认为 这里 一样 他们 我们 大家 公安 农民 "
    "本村 何时 何人 何处 任务 温度 高处 高中 江边 水库 林地 车辆 车主 牛羊 "
    "房子 房东 房主 关心 关注 常年 文明 康复 安排 安置 易燃 左右 盛夏 单元 单独 申请 申诉 万一 向上 "
    "齐全 游客 欧元 柴油 包工 贺词 路人 麦子 白色 黄色 蓝色 成立 成本 严格 宁愿 钱款 钱财".split()
)

_TITLED = re.compile(rf"({_S}[{_HAN}]{{0,2}}?)(?={_TITLES})")
_CALLED = re.compile(rf"(?:{_BEFORE})({_S}[{_HAN}]{{1,2}})")
_TOLD = re.compile(rf"(?:(?<=[,，。;；、:：\s(（])|^)({_S}[{_HAN}]{{1,2}})(?=[,， ]?(?:{_AFTER}))")
_LATIN = re.compile(
    r"\b(?:[Mm]y name is|I am|[Ii]'m|Mr\.?|Mrs\.?|Ms\.?|Dr\.?|[Nn]eighbou?r|[Tt]enant|[Ll]andlord) "
    r"([A-Z][a-z]{1,20}(?:[ \-][A-Z][a-z]{1,20}){0,3})"
)
#: what may follow a surname where two characters are too many: 王强说
_TAIL = frozenset("说的在于和与及等称向对因被将已我去来到给让找要把是有年个月日反投诉本")
#: proposals of one text; more would be no help to whoever reads them
MOST: Final = 20


class Proposal(NamedTuple):
    """One probable name."""

    name: str
    #: A few characters around its first place.
    around: str


def probable_names(text: str) -> tuple[Proposal, ...]:
    """
    Return what may be names of persons in a text, each once, in order of their first place.

    Args:
        text: as it was written, marks or not.
    """
    found: dict[str, int] = {}
    for pattern in (_CALLED, _TITLED, _TOLD):
        for one in pattern.finditer(text):
            name = _trim(one.group(1), text[one.end(1) : one.end(1) + 1])
            if len(name) >= 2 and name[1] not in _TAIL and name not in _STOP and name[:2] not in _STOP:
                found.setdefault(name, one.start(1))
    for one in _LATIN.finditer(text):
        found.setdefault(one.group(1), one.start(1))
    places = sorted(found.items(), key=lambda pair: pair[1])
    # 王建国 stands for 王建 found again elsewhere
    kept = [(name, at) for name, at in places if not any(name != other and other.startswith(name) for other in found)]
    return tuple(
        Proposal(name, text[max(0, at - 8) : at + len(name) + 8].replace("\n", " ")) for name, at in kept[:MOST]
    )


def _trim(name: str, following: str) -> str:
    start = 2 if re.match(_DOUBLE, name) else 1
    while len(name) > start + 1 and name[-1] in _TAIL:
        name = name[:-1]
    return name if name[-1] not in _TAIL else name[:-1]
