using System.Globalization;
using System.Text;

namespace TorchSharp;

public static partial class torch
{
    // A tensor as text.
    public partial class Tensor
    {
        // Longer dimensions are written as their first and last elements.
        private const int Edge = 4;

        /// <summary>Shape, type and device, then the values; long dimensions are abridged.</summary>
        public override string ToString()
        {
            if (IsInvalid) return "(disposed tensor)";
            string head = $"[{string.Join("x", shape)}], type = {dtype}, device = {device}";
            if (numel() == 0 || is_meta || dtype == ScalarType.BFloat16 && dim() > 6) return head;
            var text = new StringBuilder(head);
            using DisposeScope scope = NewDisposeScope();
            Tensor values = detach().cpu();
            if (dtype is ScalarType.BFloat16 or ScalarType.Float16) values = values.to_type(ScalarType.Float32);
            if (dim() == 0) return text.Append(", value = ").Append(Format(values)).ToString();
            text.AppendLine();
            Append(text, values, 0);
            return text.ToString();
        }

        private static void Append(StringBuilder text, Tensor values, int depth)
        {
            if (values.dim() == 0)
            {
                text.Append(Format(values));
                return;
            }
            long extent = values.size(0);
            bool rows = values.dim() > 1;
            text.Append('[');
            for (long i = 0; i < extent; i++)
            {
                if (i > 0) text.Append(rows ? $",\n{new string(' ', depth + 1)}" : ", ");
                if (extent > 2 * Edge && i == Edge)
                {
                    text.Append("..., ");
                    i = extent - Edge;
                }
                Append(text, values[i], depth + 1);
            }
            text.Append(']');
        }

        private static string Format(Tensor value) => value.dtype switch
        {
            ScalarType.Bool => value.item<bool>() ? "true" : "false",
            ScalarType.ComplexFloat32 or ScalarType.ComplexFloat64 => value.ToComplex64().ToString("G5", CultureInfo.InvariantCulture),
            _ when value.is_integral() => value.ToInt64().ToString(CultureInfo.InvariantCulture),
            _ => value.ToDouble().ToString("G5", CultureInfo.InvariantCulture),
        };
    }
}
