using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class functional
        {
            /// <summary>
            /// See torch.nn.functional.interpolate: [B, C, ...] resampled to a size, or by factors, of the dimensions after the second.
            /// </summary>
            public static Tensor interpolate(Tensor x, long[]? size = null, double[]? scale_factor = null, InterpolationMode mode = InterpolationMode.Nearest, bool? align_corners = null, bool recompute_scale_factor = false, bool antialias = false)
            {
                long spatial = x.dim() - 2;
                if (size is null == scale_factor is null) throw new ArgumentException("interpolate needs either a size or scale factors.");
                if (align_corners is not null && mode is InterpolationMode.Nearest or InterpolationMode.NearestExact or InterpolationMode.Area && align_corners is not null)
                    throw new ArgumentException($"align_corners has no meaning for {mode}.", nameof(align_corners));
                if (antialias && !(spatial == 2 && mode is InterpolationMode.Bilinear or InterpolationMode.Bicubic))
                    throw new ArgumentException("Antialiasing needs a 4-dimensional input and the mode Bilinear or Bicubic.", nameof(antialias));
                size = Broadcast(size, spatial);
                scale_factor = Broadcast(scale_factor, spatial);
                if (scale_factor is not null && (recompute_scale_factor || mode == InterpolationMode.Area))
                {
                    size = scale_factor.Select((factor, i) => (long)Math.Floor(x.size(i + 2) * factor)).ToArray();
                    scale_factor = null;
                }
                bool corners = align_corners ?? false;
                return (mode, spatial) switch
                {
                    (InterpolationMode.Nearest, 1) => Aten.upsample_nearest1d_vec.Call(x, size, scale_factor),
                    (InterpolationMode.Nearest, 2) => Aten.upsample_nearest2d_vec.Call(x, size, scale_factor),
                    (InterpolationMode.Nearest, 3) => Aten.upsample_nearest3d_vec.Call(x, size, scale_factor),
                    (InterpolationMode.NearestExact, 1) => Aten._upsample_nearest_exact1d_vec.Call(x, size, scale_factor),
                    (InterpolationMode.NearestExact, 2) => Aten._upsample_nearest_exact2d_vec.Call(x, size, scale_factor),
                    (InterpolationMode.NearestExact, 3) => Aten._upsample_nearest_exact3d_vec.Call(x, size, scale_factor),
                    (InterpolationMode.Area, 1) => Aten.adaptive_avg_pool1d.Call(x, size),
                    (InterpolationMode.Area, 2) => Aten.adaptive_avg_pool2d.Call(x, size),
                    (InterpolationMode.Area, 3) => Aten.adaptive_avg_pool3d.Call(x, size),
                    (InterpolationMode.Linear, 1) => Aten.upsample_linear1d_vec.Call(x, size, corners, scale_factor),
                    (InterpolationMode.Bilinear, 2) when antialias => Aten._upsample_bilinear2d_aa_vec.Call(x, size, corners, scale_factor),
                    (InterpolationMode.Bilinear, 2) => Aten.upsample_bilinear2d_vec.Call(x, size, corners, scale_factor),
                    (InterpolationMode.Bicubic, 2) when antialias => Aten._upsample_bicubic2d_aa_vec.Call(x, size, corners, scale_factor),
                    (InterpolationMode.Bicubic, 2) => Aten.upsample_bicubic2d_vec.Call(x, size, corners, scale_factor),
                    (InterpolationMode.Trilinear, 3) => Aten.upsample_trilinear3d_vec.Call(x, size, corners, scale_factor),
                    _ => throw new ArgumentException($"Can't interpolate an input of {x.dim()} dimensions with the mode {mode}.", nameof(mode)),
                };
            }

            private static T[]? Broadcast<T>(T[]? values, long count)
            {
                if (values is null || values.Length == count) return values;
                return values.Length == 1 ? Enumerable.Repeat(values[0], (int)count).ToArray()
                    : throw new ArgumentException($"{values.Length} values for {count} dimensions.");
            }

            /// <summary>See torch.nn.functional.grid_sample.</summary>
            public static Tensor grid_sample(Tensor input, Tensor grid, GridSampleMode mode = GridSampleMode.Bilinear, GridSamplePaddingMode padding_mode = GridSamplePaddingMode.Zeros, bool? align_corners = null)
            {
                int interpolation = mode == GridSampleMode.Bilinear ? 0 : 1;
                int padding = padding_mode switch { GridSamplePaddingMode.Border => 1, GridSamplePaddingMode.Reflection => 2, _ => 0 };
                return Aten.grid_sampler.Call(input, grid, interpolation, padding, align_corners ?? false);
            }

            /// <summary>See torch.nn.functional.affine_grid.</summary>
            public static Tensor affine_grid(Tensor theta, long[]? size = null, bool align_corners = false) =>
                Aten.affine_grid_generator.Call(theta, size ?? throw new ArgumentNullException(nameof(size)), align_corners);

            /// <summary>See torch.nn.functional.pad: elements before and after, beginning with the last dimension.</summary>
            public static Tensor pad(Tensor input, long[] pad, PaddingModes mode = PaddingModes.Constant, double value = 0) => mode switch
            {
                PaddingModes.Constant or PaddingModes.Zeros => Aten.constant_pad_nd.Call(input, pad, value),
                _ => Aten.pad.Call(input, pad, mode.ToString().ToLowerInvariant()),
            };

            /// <summary>See torch.nn.functional.pad: elements before and after, beginning with the last dimension.</summary>
            public static Tensor pad(Tensor input, ReadOnlySpan<long> pad, PaddingModes mode = PaddingModes.Constant, double value = 0) => functional.pad(input, pad.ToArray(), mode, value);

            /// <summary>See torch.nn.functional.pad: the last dimension, before and after.</summary>
            public static Tensor pad(Tensor input, (long, long) pad, PaddingModes mode = PaddingModes.Constant, double value = 0) => functional.pad(input, new[] { pad.Item1, pad.Item2 }, mode, value);

            /// <summary>See torch.nn.functional.pad: the last dimension, before and after, then the one before it.</summary>
            public static Tensor pad(Tensor input, (long, long, long, long) pad, PaddingModes mode = PaddingModes.Constant, double value = 0) => functional.pad(input, new[] { pad.Item1, pad.Item2, pad.Item3, pad.Item4 }, mode, value);
        }
    }
}
