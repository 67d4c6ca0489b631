using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>Helpers for training.</summary>
        public static partial class utils
        {
            /// <summary>Scales gradients down so that their norm together is at most <paramref name="max_norm"/>; returns the norm before.</summary>
            public static double clip_grad_norm_(IEnumerable<Parameter> tensors, double max_norm, double norm_type = 2)
            {
                using DisposeScope scope = NewDisposeScope();
                using IDisposable mode = no_grad();
                Tensor[] grads = tensors.Select(tensor => tensor.grad).OfType<Tensor>().ToArray();
                if (grads.Length == 0) return 0;
                double total = double.IsPositiveInfinity(norm_type)
                    ? grads.Max(grad => grad.abs().max().ToDouble())
                    : stack(grads.Select(grad => grad.norm((float)norm_type).to(grads[0].device))).norm((float)norm_type).ToDouble();
                double factor = max_norm / (total + 1e-6);
                if (!(factor >= 1))
                    foreach (Tensor grad in grads) grad.mul_(factor);
                return total;
            }

            /// <summary>Limits every element of the gradients to [-clip_value, clip_value].</summary>
            public static void clip_grad_value_(IEnumerable<Parameter> tensors, double clip_value)
            {
                using DisposeScope scope = NewDisposeScope();
                using IDisposable mode = no_grad();
                foreach (Parameter tensor in tensors) tensor.grad?.clamp_(-clip_value, clip_value);
            }
        }
    }
}
