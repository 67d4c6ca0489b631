using NUnit.Framework;
using Sam2.Torch.Masks;
using SkiaSharp;

namespace Sam2.Torch.Tests.Masks;

/// <summary>Labels in scripts that the first font lacks are drawn with another that has them, not as boxes.</summary>
[Platform("Linux")]
public class FontFallbackTests
{
    /// <summary>Letters of scripts that common fonts have: Latin, Cyrillic, Greek, Hebrew, Arabic, Armenian, Georgian, Devanagari, Thai, Chinese, Korean, and a sign.</summary>
    private const string Letters = "aжΩאبԱაकก日한☃";

    /// <summary>A code point that has no character, and so no glyph but the box.</summary>
    private const string Unassigned = "\u0378";

    [Test]
    public void A_letter_that_any_installed_font_has_is_found_whatever_the_main_font()
    {
        var fonts = LabelFont.Files.Value.Select(file => SKTypeface.FromFile(file)).Where(font => font is not null).ToList();
        var replaced = 0;
        foreach (var main in fonts)
        {
            foreach (var letter in Letters.Select(c => c.ToString()))
            {
                var (text, typeface) = FontFallback.Split(letter, main).Single();
                Assert.That(text, Is.EqualTo(letter));
                Assert.That(Shows(typeface, letter), Is.EqualTo(fonts.Any(font => Shows(font, letter))), $"{letter} beside {main.FamilyName}");
                if (Shows(main, letter)) Assert.That(typeface, Is.SameAs(main), $"{letter} is in {main.FamilyName}");
                else if (Shows(typeface, letter)) replaced++;
            }
        }

        Assert.That(fonts, Is.Not.Empty);
        Assert.That(replaced, Is.Positive, "the fonts of this system all have the same letters");
    }

    [Test]
    public void Letters_of_other_scripts_are_drawn_and_not_as_boxes()
    {
        var main = LabelFont.Files.Value.Select(file => SKTypeface.FromFile(file)).First(font => font is not null && Letters.Any(c => !Shows(font, c.ToString())));
        using var font = new LabelFont(main, 20);
        var box = Picture(font, Unassigned);
        var others = Letters.Select(c => c.ToString()).Where(letter => Shows(FontFallback.Split(letter, main).Single().Typeface, letter)).ToList();
        Assert.That(others, Has.Count.GreaterThan(1));
        Assert.That(others.Select(letter => Picture(font, letter)), Is.Unique.And.None.EqualTo(box));
        Assert.That(font.Measure(string.Concat(others)), Is.EqualTo(others.Sum(font.Measure)).Within(2.0 * others.Count), "a line is as long as its letters");
    }

    [Test]
    public void A_line_is_split_where_its_font_changes_and_keeps_its_letters()
    {
        foreach (var main in LabelFont.Files.Value.Select(file => SKTypeface.FromFile(file)).Where(font => font is not null))
        {
            var parts = FontFallback.Split($"12: {Letters} e\u0301", main);
            Assert.That(string.Concat(parts.Select(part => part.Text)), Is.EqualTo($"12: {Letters} e\u0301"));
            Assert.That(parts.Zip(parts.Skip(1), (a, b) => a.Typeface != b.Typeface), Is.All.True);
        }
    }

    private static string Picture(LabelFont font, string text)
    {
        using var paint = new SKPaint { IsAntialias = true, Color = SKColors.White };
        using var bitmap = new SKBitmap(new SKImageInfo(48, 48, SKColorType.Gray8, SKAlphaType.Opaque));
        using var canvas = new SKCanvas(bitmap);
        font.Draw(canvas, paint, text, 5, 5);
        Assert.That(bitmap.Bytes.Max(), Is.GreaterThan(150), $"{text} is not blank");
        return Convert.ToHexString(bitmap.Bytes);
    }

    private static bool Shows(SKTypeface typeface, string text)
    {
        using var font = new SKFont(typeface);
        return font.ContainsGlyphs(text);
    }
}
