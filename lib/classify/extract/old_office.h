// What may be in a compound file.
#pragma once

#include "classify/extract/context.h"
#include "classify/extract/ole.h"

namespace fengsui::classify::extract {

void read_doc(Context& context, const Ole& ole);       // WordDocument, [MS-DOC]; also .wps
void read_xls(Context& context, base::View workbook);  // Workbook or Book, [MS-XLS]; also .et
void read_ppt(Context& context, base::View document);  // PowerPoint Document, [MS-PPT]; also .dps
void read_msg(Context& context, const Ole& ole, std::uint32_t storage);  // a message of Outlook, [MS-OXMSG]

}  // namespace fengsui::classify::extract
