using System.Globalization;
using System.Text;
using System.Text.Json;
using Sam2.Torch.Configuration;

namespace Sam2.Fuzz;

/// <summary>
/// A value of a JSON or YAML text that may be wrong in every way: names may come twice, and a literal is any text. A list has no names,
/// a literal no items.
/// </summary>
/// <param name="literal">What is written of a single value; null for a list or an object.</param>
/// <param name="isObject">Whether items have names.</param>
public sealed class TextNode(string? literal, bool isObject = false)
{
    /// <summary>What is written of a single value; null for a list or an object.</summary>
    public string? Literal { get; } = literal;

    /// <summary>Whether items have names.</summary>
    public bool IsObject { get; } = isObject;

    /// <summary>The items of a list or an object, with their names as they are written.</summary>
    public List<(string Name, TextNode Value)> Items { get; } = [];

    /// <summary>The value and all below it that have items.</summary>
    public IEnumerable<TextNode> Branches() => Literal is not null ? [] : Items.SelectMany(item => item.Value.Branches()).Prepend(this);

    /// <summary>A copy to be changed.</summary>
    public TextNode Clone()
    {
        var copy = new TextNode(Literal, IsObject);
        copy.Items.AddRange(Items.Select(item => (item.Name, item.Value.Clone())));
        return copy;
    }

    /// <summary>Reads JSON; null if it is none.</summary>
    public static TextNode? OfJson(byte[] text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return Of(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Reads settings; null if they are none.</summary>
    public static TextNode? OfYaml(byte[] text)
    {
        try
        {
            return OfPlain(PlainYaml.Parse("seed", Encoding.UTF8.GetString(text), ""));
        }
        catch (ConfigurationException)
        {
            return null;
        }
    }

    /// <summary>The text as JSON, and as YAML, which allows the same.</summary>
    public string ToJson()
    {
        var text = new StringBuilder();
        Write(text);
        return text.ToString();
    }

    /// <summary>The text as YAML with a line for each item; lists of single values on one line.</summary>
    public string ToYaml()
    {
        var text = new StringBuilder();
        WriteBlock(text, "");
        return text.ToString();
    }

    private static TextNode Of(JsonElement element)
    {
        if (element.ValueKind is not (JsonValueKind.Object or JsonValueKind.Array))
        {
            return new TextNode(element.GetRawText());
        }

        var node = new TextNode(null, element.ValueKind == JsonValueKind.Object);
        node.Items.AddRange(node.IsObject
            ? element.EnumerateObject().Select(member => (JsonSerializer.Serialize(member.Name), Of(member.Value)))
            : element.EnumerateArray().Select(item => ("", Of(item))));
        return node;
    }

    private static TextNode OfPlain(object? value)
    {
        switch (value)
        {
            case PlainDictionary tree:
                var members = new TextNode(null, isObject: true);
                members.Items.AddRange(tree.Select(item => (PlainYaml.Flow(item.Key), OfPlain(item.Value))));
                return members;
            case PlainList list:
                var items = new TextNode(null);
                items.Items.AddRange(list.Select(item => ("", OfPlain(item))));
                return items;
            default:
                return new TextNode(PlainYaml.Flow(value));
        }
    }

    private void Write(StringBuilder text)
    {
        if (Literal is not null)
        {
            text.Append(Literal);
            return;
        }

        text.Append(IsObject ? '{' : '[');
        for (int i = 0; i < Items.Count; i++)
        {
            text.Append(i == 0 ? "" : ", ");
            if (IsObject)
            {
                text.Append(Items[i].Name).Append(": ");
            }

            Items[i].Value.Write(text);
        }

        text.Append(IsObject ? '}' : ']');
    }

    private void WriteBlock(StringBuilder text, string indent)
    {
        foreach (var (name, value) in Items)
        {
            text.Append(indent).Append(CultureInfo.InvariantCulture, $"{(IsObject ? name + ":" : "-")} ");
            if (value.Items.Count == 0 || (!value.IsObject && value.Items.TrueForAll(item => item.Value.Literal is not null)))
            {
                value.Write(text);
                text.Append('\n');
            }
            else
            {
                text.Append('\n');
                value.WriteBlock(text, indent + "  ");
            }
        }
    }
}
